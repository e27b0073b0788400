import type { ComposeFile, ComposeService } from "../compose/types.ts";
import type { EditableYaml } from "../source/editable-yaml.ts";
import type { FaultList } from "../source/fault-list.ts";
import { type DynamicConfiguration, readDynamic, type TraefikMiddleware, type TraefikRouter } from "./dynamic.ts";
import { readFlags } from "./flags.ts";
import { namesInLabels, readLabels } from "./labels.ts";
import type { TraefikOption } from "./options.ts";
import { readStatic, type StaticConfiguration } from "./static.ts";

/** A container and what its labels configure. */
export interface LabelledContainer {
  service: ComposeService;
  options: readonly TraefikOption[];
  configuration: DynamicConfiguration;
  /** Names that its labels use, also in labels with faults. */
  names: Readonly<Record<"routers" | "middlewares" | "services", ReadonlySet<string>>>;
}

/**
 * Traefik's configuration as one model, whatever source an option comes from. Every option has its location and can be
 * edited; loader, rendering, failure locations and mutation read it.
 */
export class TraefikModel {
  readonly static: StaticConfiguration;
  readonly containers: readonly LabelledContainer[];
  /** The routers of every container that Traefik does not ignore. Their names are global in the docker provider. */
  readonly routers: readonly TraefikRouter[];
  /** The middlewares of the same containers. */
  readonly middlewares: readonly TraefikMiddleware[];

  constructor(configuration: StaticConfiguration, containers: readonly LabelledContainer[]) {
    this.static = configuration;
    this.containers = containers;
    const enabled = containers.filter((container) => container.configuration.enable?.value !== false);
    this.routers = enabled.flatMap((container) => container.configuration.routers);
    this.middlewares = enabled.flatMap((container) => container.configuration.middlewares);
  }

  /** The dynamic options of every container, in the order of the compose file. */
  get labels(): readonly TraefikOption[] {
    return this.containers.flatMap(({ options }) => options);
  }

  /**
   * The router of a name in Traefik's API, e.g. `litellm-public@docker`. An entry point with defaults of its own prefixes
   * its name: `websecure-litellm@docker`.
   */
  routerOf(liveName: string): TraefikRouter | undefined {
    const live = providerless(liveName);
    return this.routers.find(({ name }) => live === name.toLowerCase() || live.endsWith(`-${name.toLowerCase()}`));
  }

  /** The middleware of a name in Traefik's API or in a router, e.g. `litellm-challenge@docker`. */
  middlewareOf(liveName: string): TraefikMiddleware | undefined {
    const live = providerless(liveName);
    return this.middlewares.find(({ name }) => live === name.toLowerCase());
  }
}

function providerless(liveName: string): string {
  return liveName.replace(/@docker$/, "").toLowerCase();
}

/**
 * Builds the model from a compose file: Traefik's flags and every container's labels.
 *
 * @param traefik the service that is Traefik
 * @param text the compose file as written, for edits
 */
export function readTraefik(
  compose: ComposeFile,
  traefik: ComposeService,
  text: EditableYaml | undefined,
  faults: FaultList,
): TraefikModel {
  const configuration = readStatic(readFlags(traefik, text, faults), traefik.location, faults);
  const containers = [...compose.services.values()].map((service) => {
    const options = readLabels(service, text, faults);
    const keys = [...service.labels.keys()];
    return {
      service,
      options,
      configuration: readDynamic(options, faults),
      names: {
        routers: namesInLabels(keys, "routers"),
        middlewares: namesInLabels(keys, "middlewares"),
        services: namesInLabels(keys, "services"),
      },
    };
  });
  return new TraefikModel(configuration, containers);
}
