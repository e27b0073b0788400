import { imageVersion } from "../../compose/service/image-version.ts";
import type { ComposeService } from "../../compose/types.ts";
import type { OptionSchema } from "../schema/generate.ts";
import { staticSchema } from "../schema.ts";

/** Whether a service is Traefik 2 by its image's tag. */
export function isVersionTwo({ image }: Pick<ComposeService, "image">): boolean {
  return image !== undefined && /^2(?:\.|$)/.test(imageVersion(image.value) ?? "");
}

const anything: OptionSchema = { type: "object" };
// Whatever is below a section that no run can use.
anything.additionalProperties = anything;

/**
 * The static options of Traefik 2: those of version 3, and those that version 3 has no more.
 *
 * Source: traefik 2.11, pkg/config/static; the migration guide from version 2 to 3.
 */
export const staticSchemaOfVersionTwo: OptionSchema = withOptions(staticSchema, {
  pilot: anything,
  providers: { properties: { marathon: anything, rancher: anything } },
  "providers.docker": {
    properties: {
      swarmmode: { title: "swarmMode", type: "boolean" },
      swarmmoderefreshseconds: { title: "swarmModeRefreshSeconds", type: "string", format: "duration" },
    },
  },
  "providers.docker.tls": { properties: { caoptional: { title: "caOptional", type: "boolean" } } },
  experimental: { properties: { http3: { type: "boolean" }, hub: { type: "boolean" } } },
  tracing: anything,
  "metrics.influxdb": anything,
});

/** A schema with further options, each below the section of that path. */
function withOptions(schema: OptionSchema, added: Readonly<Record<string, OptionSchema>>): OptionSchema {
  return Object.entries(added).reduce((all, [path, own]) => withOption(all, path.split("."), own), schema);
}

function withOption(schema: OptionSchema, [step, ...rest]: readonly string[], own: OptionSchema): OptionSchema {
  if (step === undefined) return own.additionalProperties === own ? own : merged(schema, own);
  const below = withOption(schema.properties?.[step] ?? { type: "object" }, rest, own);
  return { ...schema, properties: { ...schema.properties, [step]: below } };
}

function merged(schema: OptionSchema, { properties }: OptionSchema): OptionSchema {
  return { ...schema, properties: { ...schema.properties, ...properties } };
}
