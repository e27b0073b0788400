import type { Engine } from "../../../engine/engine.ts";
import { partLabel, rigLabel } from "../../part.ts";
import { suiteRouterLabel } from "./suite-api.ts";

/** How long Traefik gets before it is made to list the containers, and between two times. Milliseconds; it takes 0.1–1 s. */
const patience = 2_000;

/** The suite's labels, without those by which Traefik takes a container for one of its own. */
const isRunLabel = (label: string): boolean =>
  label.startsWith("gateway-conformance.") && ![partLabel, rigLabel, suiteRouterLabel].includes(label);

/**
 * Makes Traefik list the containers again while something waits for its routers. Its docker provider lists them once, and then
 * listens: on a busy machine it misses a container that starts in between, its own included, and it may list one that has just
 * ended. It lists them again when any container starts or ends.
 */
export class ListingAgain {
  readonly #engine: Engine;
  readonly #traefik: string;
  #last = performance.now();

  /** @param traefik id of Traefik's container */
  constructor(engine: Engine, traefik: string) {
    this.#engine = engine;
    this.#traefik = traefik;
  }

  /**
   * To be called for each attempt that did not see the routers: starts a container that ends at once, where that is due.
   *
   * @throws {Error} the engine's own
   */
  async missed(): Promise<void> {
    if (performance.now() - this.#last < patience) return;
    this.#last = performance.now();
    const { docker } = this.#engine;
    const { Image, Config: config } = await docker.getContainer(this.#traefik).inspect();
    const own = Object.entries(config.Labels ?? {}).filter(([name]) => isRunLabel(name));
    const container = await docker.createContainer({
      Image,
      Entrypoint: ["true"],
      Cmd: [],
      Labels: Object.fromEntries(own),
      HostConfig: { AutoRemove: true, NetworkMode: "none" },
    });
    await container.start();
  }
}
