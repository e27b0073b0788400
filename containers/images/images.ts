import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Progress, Step } from "../../helpers/core/progress.ts";
import type { Engine } from "../engine/engine.ts";
import { CommandError } from "../engine/host-command.ts";
import { buildImage, follow, ImageError } from "./build.ts";
import { debootstrapHindrance, importDebian } from "./debian.ts";
import { hostCertificates } from "./host-certificates.ts";
import { contentTag, type Recipe, type UpstreamImage } from "./recipe.ts";
import { defaultVersions, type ImagePart, Recipes, type StdioCommand } from "./recipes.ts";
import { fullName, pullReference, registryAnswers } from "./registry.ts";

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

/** A part's image, and what tells its content from any other's: the tag of what is built on it depends on that. */
interface Resolved {
  image: PartImage;
  identity: string;
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
  readonly #made = new Map<string, Promise<Resolved>>();
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
    return (await this.#resolve(this.#recipes.of(part, version))).image;
  }

  /**
   * The Debian that built images stand on.
   *
   * @throws {EnvironmentError} where no registry answers and debootstrap cannot run
   */
  async debian(): Promise<PartImage> {
    return (await this.#resolve(this.#recipes.debian)).image;
  }

  /**
   * LiteLLM with the commands that it starts over stdio.
   *
   * @throws {EnvironmentError} with the last lines of the build, or naming the folder that a command lacks
   */
  async litellm(options: { version?: string; commands: readonly StdioCommand[] }): Promise<PartImage> {
    const version = options.version ?? defaultVersions.litellm;
    const plain = this.#recipes.litellm(version);
    if (options.commands.length === 0) return (await this.#resolve(plain)).image;
    const recipe = this.#recipes.litellmWith(version, options.commands);
    const [{ image: gateway }, { image: whole }] = await Promise.all([this.#resolve(plain), this.#resolve(recipe)]);
    const from = gateway.origin === "pulled" ? `${gateway.source}@${gateway.digest}` : gateway.source;
    return { ...whole, part: "litellm", origin: gateway.origin, source: `${from}, with ${recipe.packages}` };
  }

  #resolve(recipe: Recipe): Promise<Resolved> {
    const key = JSON.stringify([recipe.name, recipe.version, recipe.packages]);
    const made = this.#made.get(key) ?? this.#make(recipe);
    this.#made.set(key, made);
    return made;
  }

  async #make(recipe: Recipe): Promise<Resolved> {
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
      Object.entries(recipe.parents).map(
        async ([argument, parent]) => [argument, await this.#resolve(parent)] as const,
      ),
    );
    return this.#build(recipe, Object.fromEntries(parents), local);
  }

  /** What a run before this one pulled or built; undefined when it or one of its parents is not there. */
  #present(recipe: Recipe, local: ReadonlyMap<string, LocalImage>): Resolved | undefined {
    const { mode, registry } = this.#options;
    if (recipe.upstream !== undefined && mode !== "build") {
      const image = local.get(pullReference(recipe.upstream, registry));
      if (image !== undefined) return this.#pulled(recipe, recipe.upstream, image);
      if (mode === "pull") return undefined;
    }
    if (recipe.missing !== undefined) return undefined;
    const parents: Record<string, Resolved> = {};
    for (const [argument, parent] of Object.entries(recipe.parents)) {
      const there = this.#present(parent, local);
      if (there === undefined) return undefined;
      parents[argument] = there;
    }
    const reference = this.#reference(recipe, parents);
    const image = local.get(reference);
    return image && built(recipe, reference, image);
  }

  /** Undefined when it is to be built instead. */
  async #tryPull(
    recipe: Recipe,
    upstream: UpstreamImage,
    local: Map<string, LocalImage>,
  ): Promise<Resolved | undefined> {
    const { mode, registry, progress } = this.#options;
    const name = fullName(upstream, registry);
    if (mode === "auto" && !(await this.#answers(registry ?? upstream.registry))) return undefined;
    const reference = pullReference(upstream, registry);
    const step = progress.start(`pull ${name}`);
    try {
      await this.#pull(reference, step, mode === "auto" ? stalledPull : undefined);
      const image = await this.#inspect(reference);
      local.set(reference, image);
      step.done();
      return this.#pulled(recipe, upstream, image);
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

  async #build(
    recipe: Recipe,
    parents: Readonly<Record<string, Resolved>>,
    local: Map<string, LocalImage>,
  ): Promise<Resolved> {
    const reference = this.#reference(recipe, parents);
    const found = local.get(reference);
    if (found !== undefined) return built(recipe, reference, found);
    const hindrance = recipe.dockerfile === undefined ? debootstrapHindrance() : undefined;
    if (hindrance !== undefined) {
      throw new EnvironmentError(
        `no registry answers, and the images' base cannot be made from packages (${hindrance}); ` +
          "run as root on Debian or Ubuntu, or name a registry that has it with REGISTRY=host:port",
        { part: recipe.name },
      );
    }
    const step = this.#options.progress.start(`build image ${recipe.name} ${recipe.version}`);
    const onLine = (line: string): void => {
      if (/[a-z]{3}/i.test(line)) step.note(line.trim());
    };
    try {
      if (recipe.dockerfile === undefined) await importDebian(this.#engine, reference, onLine);
      else
        await buildImage(this.#engine, recipe, {
          reference,
          parents: mapValues(parents, ({ image }) => image.reference),
          onLine,
        });
      const image = await this.#inspect(reference);
      local.set(reference, image);
      step.done();
      return built(recipe, reference, image);
    } catch (error) {
      step.failed();
      const log = error instanceof ImageError || error instanceof CommandError ? error.log : [];
      throw new EnvironmentError(
        `the image of ${recipe.name} ${recipe.version} cannot be built: ${(error as Error).message}; ` +
          "see the lines below; the packages' registries must be in reach",
        { part: recipe.name, log, cause: error },
      );
    }
  }

  #answers(registry: string): Promise<boolean> {
    const asked = this.#answering.get(registry) ?? registryAnswers(registry);
    this.#answering.set(registry, asked);
    return asked;
  }

  #reference(recipe: Recipe, parents: Readonly<Record<string, Resolved>>): string {
    const identities = mapValues(parents, ({ identity }) => identity);
    return `gateway-conformance/${recipe.name}:${contentTag(recipe, identities, this.#engine.arch)}`;
  }

  #pulled({ name, version }: Recipe, upstream: UpstreamImage, local: LocalImage): Resolved {
    const { registry } = this.#options;
    const reference = pullReference(upstream, registry);
    const repository = reference.slice(0, reference.lastIndexOf(":"));
    const digest = local.repositoryDigests.find((entry) => entry.startsWith(`${repository}@`))?.split("@")[1];
    return {
      image: {
        part: name,
        version,
        reference,
        digest: digest ?? local.id,
        origin: "pulled",
        source: fullName(upstream, registry),
      },
      // The name without the stand-in: the same content by another registry is the same parent.
      identity: `${fullName(upstream)}@${local.id}`,
    };
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

function built({ name, version, packages }: Recipe, reference: string, { id }: LocalImage): Resolved {
  return {
    image: { part: name, version, reference, digest: id, origin: "built", source: packages },
    // Its tag says its content.
    identity: reference,
  };
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
