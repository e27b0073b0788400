import { z } from "zod";
import { oneOf } from "../source/shape.ts";

// The parts of a compose file that the suite reads. Every other key, and every unknown one, is left to the published
// schema (compose-schema.ts).

/** After interpolation compose casts texts to numbers and truth values: all three are accepted. */
const word = z.union([z.string(), z.number(), z.boolean()], { error: "a text" });
const words = z.array(word, { error: "a list of texts" });
const wordOrWords = z.union([z.string(), z.array(word)], { error: "a text or a list of texts" });
const flag = z.union([z.boolean(), z.enum(["true", "false"])], { error: "true or false" });
const count = z.union([z.number(), z.string().regex(/^\d+$/)], { error: "a number" });
const pairs = z.union([z.record(z.string(), z.union([word, z.null()])), words], {
  error: "a mapping or a list of NAME=value",
});

/** A mapping of which the suite reads some keys. */
function section<T extends z.ZodRawShape>(shape: T) {
  return z.looseObject(shape, { error: "a mapping" });
}

const mountLong = section({
  type: oneOf("bind", "volume", "tmpfs"),
  source: z.string({ error: "a path or a volume's name" }).optional(),
  target: z.string({ error: "an absolute path in the container" }),
  read_only: flag.optional(),
});

const portLong = section({ target: count, published: count, protocol: oneOf("tcp", "udp").optional() });

const envFileLong = section({ path: z.string({ error: "a path" }), required: flag.optional() });

const networkOfService = z.union([z.null(), section({ aliases: words.optional() })]);

/** A service of the compose file. */
export const serviceShape = section({
  image: z.string({ error: "an image, e.g. traefik:v3.5.3" }).min(1, { error: "an image, e.g. traefik:v3.5.3" }),
  command: z.union([wordOrWords, z.null()], { error: "a text or a list of texts" }).optional(),
  entrypoint: z.union([wordOrWords, z.null()], { error: "a text or a list of texts" }).optional(),
  environment: pairs.optional(),
  env_file: z
    .union([z.string(), z.array(z.union([z.string(), envFileLong]))], { error: "a path or a list of paths" })
    .optional(),
  volumes: z
    .array(
      z.union([z.string(), mountLong], { error: "SOURCE:TARGET[:ro] or a mapping with type, source and target" }),
      { error: "a list" },
    )
    .optional(),
  labels: pairs.optional(),
  networks: z
    .union([words, z.record(z.string(), networkOfService)], { error: "a list of networks, or a mapping with aliases" })
    .optional(),
  ports: z
    .array(
      z.union([z.string(), z.number(), portLong], { error: "HOST:CONTAINER or a mapping with target and published" }),
      { error: "a list" },
    )
    .optional(),
  healthcheck: section({ test: wordOrWords.optional(), disable: flag.optional() }).optional(),
  user: word.optional(),
  working_dir: word.optional(),
});

export type ServiceData = z.infer<typeof serviceShape>;

/** A network at the top level. */
export const networkShape = z.union([
  z.null(),
  section({
    name: word.optional(),
    internal: flag.optional(),
    driver_opts: z.record(z.string(), word).optional(),
    enable_ipv6: flag.optional(),
    external: z.unknown().optional(),
  }),
]);

/** A volume at the top level. */
export const volumeShape = z.union([z.null(), section({ name: word.optional(), external: z.unknown().optional() })]);

/** Keys of a service that compose knows and the suite can't honour, with what to do instead. */
export const unsupportedServiceKeys: Readonly<Record<string, string>> = {
  build: "name the image that it builds with 'image': the suite runs images by name and does not build the operator's",
  secrets: "put the secret into the env file: the suite replaces secrets there only",
  configs: "mount the file with 'volumes'",
  extends: "write the service out, or use a YAML anchor",
  network_mode: "name the networks with 'networks': the run has its own networks",
  links: "name the networks with 'networks': services find each other by name there",
  external_links: "put the other container into this compose file",
  volumes_from: "write the mounts with 'volumes'",
  privileged: "name what it needs with 'cap_add': the run gives no container full access to the machine",
  devices: "remove it: the run has no devices",
  pid: "remove it: each container of the run has its own process namespace",
  ipc: "remove it: each container of the run has its own memory namespace",
  provider: "name an image with 'image'",
  models: "name the model in LiteLLM's config",
};

/** Keys of the top level that compose knows and the suite can't honour. */
export const unsupportedTopKeys: Readonly<Record<string, string>> = {
  secrets: "put secrets into the env file: the suite replaces secrets there only",
  configs: "mount the files with 'volumes'",
  include: "write all services into one file",
  models: "name the models in LiteLLM's config",
};

/** Whether a key is an extension, which compose ignores. */
export function isExtension(key: string): boolean {
  return key.startsWith("x-");
}

/** Whether a flag of the compose file is set; an interpolated one is a text. */
export function isTrue(value: boolean | string | undefined): boolean {
  return value === true || value === "true";
}
