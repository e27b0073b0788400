import type { Written } from "../../source/location.ts";
import type { VariableLookup } from "./interpolation.ts";

/** The variables of a compose project: those of the host's shell come before those of `.env`. */
export class ProjectVariables implements VariableLookup {
  readonly #layers: readonly ReadonlyMap<string, Written<string>>[];

  /** @param layers the first one that has a variable counts */
  constructor(...layers: readonly ReadonlyMap<string, Written<string>>[]) {
    this.#layers = layers;
  }

  get(name: string): string | undefined {
    return this.written(name)?.value;
  }

  /** A variable and where it is set. */
  written(name: string): Written<string> | undefined {
    return this.#layers.find((layer) => layer.has(name))?.get(name);
  }

  names(): string[] {
    return [...new Set(this.#layers.flatMap((layer) => [...layer.keys()]))];
  }

  /** With the variables of an included file's own env file, which come last. */
  with(layer: ReadonlyMap<string, Written<string>>): ProjectVariables {
    return new ProjectVariables(...this.#layers, layer);
  }
}
