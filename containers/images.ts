import { EnvironmentError } from "../helpers/faults.ts";
import type { Progress, Step } from "../helpers/progress.ts";
import type { Engine } from "./engine.ts";
import { hostCertificates } from "./host-certificates.ts";
import { CommandError } from "./host-command.ts";
import { buildImage, follow, ImageError } from "./image-build.ts";
import { debootstrapHindrance, importDebian } from "./image-debian.ts";
import { contentTag, type Recipe, type UpstreamImage } from "./image-recipe.ts";
import { defaultVersions, type ImagePart, Recipes, type StdioCommand } from "./image-recipes.ts";
import { fullName, pullReference, registryAnswers } from "./image-registry.ts";

export { defaultVersions, type ImagePart, type StdioCommand };

/**
 * `auto`: by the upstream name where a registry answers, else built from packages. `pull`: by the upstream name or not at
 * all. `build`: from packages, no registry is asked.
 */
export type ImageMode = "auto" | "pull" | "build";

/** The image of one part, there on the engine. */
export interface PartImage {
  part: string;
  version: string;
  reference: string;
  /** `sha256:…`: the registry's digest of what was pulled, the image's id of what was built. */
  digest: string;
  origin: "pulled" | "built";
  /** The upstream image's name, or the packages, for people. */
  source: string;
}

export interface ImagesOptions {
  mode: ImageMode;
  /** Stands in for Docker Hub and ghcr.io, e.g. `127.0.0.1:5000`. */
  registry?: string;
  progress: Progress;
}

/** An image that the engine has. */
interface LocalImage {
  id: string;
  /** `repository@sha256:…` */
  repositoryDigests: readonly string[];
}

/** A pull that reports nothing for this long, in milliseconds, is given up where building is a way out. */
const stalledPull = 30_000;

/** Gets the image of every part: those that the engine has, else pulled or built, each once, side by side. */
export class Images {
  readonly #engine: Engine;
  readonly #options: ImagesOptions;
  readonly #recipes: Recipes;
  readonly #local: Promise<Map<string, LocalImage>>;
  readonly #made = new Map<string, Promise<PartImage>>();
  readonly #answering = new Map<string, Promise<boolean>>();

  constructor(engine: Engine, options: ImagesOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#recipes = new Recipes(hostCertificates());
    this.#local = this.#listLocal();
    // Whoever asks for an image hears of it; until then it is nobody's.
    this.#local.catch(() => {});
  }

  /**
   * The image of a part; safe to call again and side by side.
   *
   * @throws {EnvironmentError} with the last lines of the build
   */
  async get(part: ImagePart, version: string = defaultVersions[part]): Promise<PartImage> {
    return this.#image(this.#recipes.of(part, version));
  }

  /**
   * LiteLLM with the commands that it starts over stdio.
   *
   * @throws {EnvironmentError} with the last lines of the build, or naming the folder that a command lacks
   */
  async litellm(options: { version?: string; commands: readonly StdioCommand[] }): Promise<PartImage> {
    const version = options.version ?? defaultVersions.litellm;
    const plain = this.#recipes.litellm(version);
    if (options.commands.length === 0) return this.#image(plain);
    const recipe = this.#recipes.litellmWith(version, options.commands);
    const [gateway, whole] = await Promise.all([this.#image(plain), this.#image(recipe)]);
    const from = gateway.origin === "pulled" ? `${gateway.source}@${gateway.digest}` : gateway.source;
    return { ...whole, part: "litellm", origin: gateway.origin, source: `${from}, with ${recipe.packages}` };
  }

  #image(recipe: Recipe): Promise<PartImage> {
    const key = JSON.stringify([recipe.name, recipe.version, recipe.packages]);
    const made = this.#made.get(key) ?? this.#make(recipe);
    this.#made.set(key, made);
    return made;
  }

  async #make(recipe: Recipe): Promise<PartImage> {
    const local = await this.#local;
    const there = this.#present(recipe, local);
    if (there !== undefined) return there;
    const { mode } = this.#options;
    if (recipe.upstream !== undefined && mode !== "build") {
      const pulled = await this.#tryPull(recipe, recipe.upstream, local);
      if (pulled !== undefined) return pulled;
    }
    if (recipe.missing !== undefined) {
      const noPull = recipe.upstream === undefined || mode === "build" ? "" : "no registry answers, and ";
      throw new EnvironmentError(
        `${noPull}${recipe.name} ${recipe.version} cannot be built from packages: ${recipe.missing}`,
        { part: recipe.name },
      );
    }
    const parents = await Promise.all(
      Object.entries(recipe.parents).map(async ([argument, parent]) => [argument, await this.#image(parent)] as const),
    );
    return this.#build(recipe, Object.fromEntries(parents.map(([name, { reference }]) => [name, reference])), local);
  }

  /** What a run before this one pulled or built; undefined when it or one of its parents is not there. */
  #present(recipe: Recipe, local: ReadonlyMap<string, LocalImage>): PartImage | undefined {
    const { mode, registry } = this.#options;
    if (recipe.upstream !== undefined && mode !== "build") {
      const reference = pullReference(recipe.upstream, registry);
      const image = local.get(reference);
      if (image !== undefined) return this.#pulledImage(recipe, recipe.upstream, image);
      if (mode === "pull") return undefined;
    }
    if (recipe.missing !== undefined) return undefined;
    const parents: Record<string, string> = {};
    for (const [argument, parent] of Object.entries(recipe.parents)) {
      const image = this.#present(parent, local);
      if (image === undefined) return undefined;
      parents[argument] = image.reference;
    }
    const reference = this.#reference(recipe, parents);
    const image = local.get(reference);
    return image && this.#builtImage(recipe, reference, image);
  }

  /** Undefined when it is to be built instead. */
  async #tryPull(
    recipe: Recipe,
    upstream: UpstreamImage,
    local: Map<string, LocalImage>,
  ): Promise<PartImage | undefined> {
    const { mode, registry, progress } = this.#options;
    const name = fullName(upstream, registry);
    if (mode === "auto" && !(await this.#answers(registry ?? upstream.registry))) return undefined;
    const reference = pullReference(upstream, registry);
    const step = progress.start(`pull ${name}`);
    try {
      await this.#pull(reference, step, mode === "auto" ? stalledPull : undefined);
      local.set(reference, await this.#inspect(reference));
      step.done();
    } catch (error) {
      const reason = (error as Error).message;
      if (mode === "auto") {
        step.failed(recipe.missing === undefined ? `built instead: ${reason}` : reason);
        return undefined;
      }
      step.failed();
      throw new EnvironmentError(
        `${name} cannot be pulled: ${reason}; name a registry that has it with REGISTRY=host:port, or take IMAGES=build`,
        { part: recipe.name, log: error instanceof ImageError ? error.log : [], cause: error },
      );
    }
    return this.#pulledImage(recipe, upstream, await this.#inspect(reference));
  }

  async #pull(reference: string, step: Step, stalled: number | undefined): Promise<void> {
    const abort = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const alive = (): void => {
      if (stalled === undefined) return;
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(new Error(`nothing came for ${stalled / 1000} s`)), stalled);
    };
    alive();
    try {
      const stream = await this.#engine.docker.pull(reference, { abortSignal: abort.signal });
      await follow(this.#engine, stream, (line) => {
        alive();
        step.note(line);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async #build(recipe: Recipe, parents: Record<string, string>, local: Map<string, LocalImage>): Promise<PartImage> {
    const reference = this.#reference(recipe, parents);
    const found = local.get(reference);
    if (found !== undefined) return this.#builtImage(recipe, reference, found);
    const hindrance = recipe.dockerfile === undefined ? debootstrapHindrance() : undefined;
    if (hindrance !== undefined) {
      throw new EnvironmentError(
        `no registry answers, and the images' base cannot be made from packages (${hindrance}); ` +
          "run as root on Debian or Ubuntu, or name a registry that has it with REGISTRY=host:port",
        { part: recipe.name },
      );
    }
    const step = this.#options.progress.start(`build image ${recipe.name} ${recipe.version}`);
    const onLine = (line: string): void => step.note(line.trim());
    try {
      if (recipe.dockerfile === undefined) await importDebian(this.#engine, reference, onLine);
      else await buildImage(this.#engine, recipe, { reference, parents, onLine });
      const image = await this.#inspect(reference);
      local.set(reference, image);
      step.done();
      return this.#builtImage(recipe, reference, image);
    } catch (error) {
      step.failed();
      const log = error instanceof ImageError || error instanceof CommandError ? error.log : [];
      throw new EnvironmentError(
        `the image of ${recipe.name} ${recipe.version} cannot be built: ${(error as Error).message}; ` +
          "the packages' registries must be in reach, see the lines below",
        { part: recipe.name, log, cause: error },
      );
    }
  }

  #answers(registry: string): Promise<boolean> {
    const asked = this.#answering.get(registry) ?? registryAnswers(registry);
    this.#answering.set(registry, asked);
    return asked;
  }

  #reference(recipe: Recipe, parents: Readonly<Record<string, string>>): string {
    return `gateway-conformance/${recipe.name}:${contentTag(recipe, parents, this.#engine.arch)}`;
  }

  #pulledImage({ name, version }: Recipe, upstream: UpstreamImage, image: LocalImage): PartImage {
    const { registry } = this.#options;
    const reference = pullReference(upstream, registry);
    const repository = reference.slice(0, reference.lastIndexOf(":"));
    const digest = image.repositoryDigests.find((entry) => entry.startsWith(`${repository}@`))?.split("@")[1];
    return {
      part: name,
      version,
      reference,
      digest: digest ?? image.id,
      origin: "pulled",
      source: fullName(upstream, registry),
    };
  }

  #builtImage({ name, version, packages }: Recipe, reference: string, { id }: LocalImage): PartImage {
    return { part: name, version, reference, digest: id, origin: "built", source: packages };
  }

  async #listLocal(): Promise<Map<string, LocalImage>> {
    const images = new Map<string, LocalImage>();
    for (const { Id, RepoTags, RepoDigests } of await this.#engine.docker.listImages()) {
      for (const tag of RepoTags ?? []) images.set(tag, { id: Id, repositoryDigests: RepoDigests ?? [] });
    }
    return images;
  }

  async #inspect(reference: string): Promise<LocalImage> {
    const { Id, RepoDigests } = await this.#engine.docker.getImage(reference).inspect();
    return { id: Id, repositoryDigests: RepoDigests ?? [] };
  }
}
