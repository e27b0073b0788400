import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { ImageSource } from "../../helpers/core/run-config.ts";
import type { Progress } from "../../helpers/core/terminal/progress.ts";
import type { NodeStart } from "../../helpers/deployment/services/node-script.ts";
import type { PackageSpec } from "../../helpers/deployment/services/package-spec.ts";
import type { ServiceSource } from "../../helpers/deployment/services/service-plan.ts";
import type { Engine } from "../engine/engine.ts";
import { buildImage, ImageError } from "./building/build.ts";
import { buildError } from "./building/build-error.ts";
import { debootstrapObstacle, importDebian } from "./building/debian.ts";
import { hostCertificates } from "./building/host-certificates.ts";
import { builtImage, type LocalImage, type PartImage, pulledImage, type ResolvedImage } from "./part-image.ts";
import { pullImage } from "./pull.ts";
import { withFetchedServers } from "./recipes/fetched-servers.ts";
import { withNodeScripts } from "./recipes/node-scripts.ts";
import { operatorBuild } from "./recipes/operator-build.ts";
import { contentTag, type Recipe, type UpstreamImage } from "./recipes/recipe.ts";
import { defaultVersions, type ImagePart, Recipes } from "./recipes/recipes.ts";
import { type StdioCommand, withStdioCommands } from "./recipes/stdio-commands.ts";
import { newestTraefik } from "./recipes/traefik-version.ts";
import { fullName, pullReference, readImageReference, registryAnswers } from "./registry.ts";

/** Where the images come from. */
export interface ImagesOptions {
  /**
   * `auto`: under the upstream name where a registry answers, else built from packages. `pull`: under the upstream name
   * only. `build`: from packages, and no registry is asked.
   */
  mode: ImageSource;
  /** Replaces Docker Hub and ghcr.io, e.g. `127.0.0.1:5000`. */
  registry?: string;
  progress: Progress;
}

/** What LiteLLM's image is made from. */
export interface LiteLLMImage {
  version?: string;
  /** The commands that it starts over stdio. */
  commands: readonly StdioCommand[];
  /** What its callbacks need; its own image has it. */
  packages?: readonly PackageSpec[];
  /** The operator's Node.js scripts that it starts over stdio. */
  nodeScripts?: readonly NodeStart[];
  /** With what it needs for a database; default: false. */
  database?: boolean;
  /** The operator's image, by the name under which it is pulled; default: LiteLLM's own. */
  image?: string;
  /** The operator's own Dockerfile, which is used where it can be built here. */
  build?: ServiceSource & { from: "build" };
}

/** The image of a compose service. */
export interface ServiceImage {
  image: PartImage;
  /** Where it came from. */
  source: ServiceSource;
  /** Why each source before it can't be had here. */
  passedOver: readonly string[];
}

/** The kind of work under which images are counted while they are pulled and built. */
export const imageWork = "images";

/** In milliseconds: a pull that reports no progress for this long is cancelled where the image can be built instead. */
const stallDeadline = 30_000;

/** Provides the image of every part: one that the engine has, else a pulled or built one. Each is made once, in parallel. */
export class Images {
  readonly #engine: Engine;
  readonly #options: ImagesOptions;
  readonly #recipes: Recipes;
  readonly #local: Promise<Map<string, LocalImage>>;
  readonly #resolved = new Map<string, Promise<ResolvedImage>>();
  readonly #answering = new Map<string, Promise<boolean>>();
  readonly #missing = Promise.withResolvers<void>();

  constructor(engine: Engine, options: ImagesOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#recipes = new Recipes(hostCertificates());
    this.#local = this.#listLocal();
    // The first caller that needs an image gets the error; until then it must not count as unhandled.
    this.#local.catch(() => {});
  }

  /** Resolves as soon as an image has to be pulled or built. */
  get someMissing(): Promise<void> {
    return this.#missing.promise;
  }

  /**
   * The image of a part. Repeated and concurrent calls share one image.
   *
   * @throws {EnvironmentError} with the last lines of the build
   */
  async get(part: ImagePart, version: string = defaultVersions[part]): Promise<PartImage> {
    return (await this.#resolve(this.#recipes.of(part, version))).image;
  }

  /**
   * Traefik as the operator names it.
   *
   * @param name of the operator's image; default: Docker Hub's
   * @throws {EnvironmentError} with the last lines of the build
   */
  async traefik(version = newestTraefik, name?: string): Promise<PartImage> {
    return (await this.#resolve(pulledAs(this.#recipes.of("traefik", version), name))).image;
  }

  /**
   * The Debian that built images are based on.
   *
   * @throws {EnvironmentError} where no registry answers and debootstrap cannot run
   */
  async debian(): Promise<PartImage> {
    return (await this.#resolve(this.#recipes.debian)).image;
  }

  /**
   * LiteLLM with the commands that it starts over stdio.
   *
   * @throws {EnvironmentError} with the last lines of the build, or naming the missing folder of a command
   */
  async litellm(options: LiteLLMImage): Promise<PartImage> {
    const {
      version = defaultVersions.litellm,
      database = false,
      packages = [],
      nodeScripts = [],
      image: name,
      build,
    } = options;
    const own = build === undefined ? undefined : await this.#operatorsLiteLLM(build, version);
    const plain = own ?? pulledAs(this.#recipes.litellm(version, { database, packages }), name);
    // What the operator's own image installs is in it.
    const commands =
      own === undefined ? options.commands : options.commands.filter(({ launcher }) => launcher !== undefined);
    const scripts = nodeScripts.filter(({ isInImage }) => own === undefined || !isInImage);
    if (commands.length === 0 && scripts.length === 0)
      return { ...(await this.#resolve(plain)).image, part: "litellm", version };
    const { runtime } = this.#recipes;
    const recipe = withNodeScripts(withStdioCommands(plain, runtime, commands), runtime, scripts);
    const [{ image: gateway }, { image: combined }] = await Promise.all([this.#resolve(plain), this.#resolve(recipe)]);
    const from = gateway.origin === "pulled" ? `${gateway.source}@${gateway.digest}` : gateway.source;
    return { ...combined, part: "litellm", origin: gateway.origin, source: `${from}, with ${recipe.packages}` };
  }

  /** The recipe of the operator's own LiteLLM; undefined where it can't be built here. */
  async #operatorsLiteLLM(build: ServiceSource & { from: "build" }, version: string): Promise<Recipe | undefined> {
    const recipe = { ...operatorBuild("litellm", build), version };
    try {
      await this.#resolve(recipe);
      return recipe;
    } catch (error) {
      if (!(error instanceof EnvironmentError) || this.#options.mode === "pull") throw error;
      return undefined;
    }
  }

  /**
   * The image of a compose service, from the first of its sources that can be had here.
   *
   * @param launched what it would fetch at its start
   * @returns also why each source before it can't
   * @throws {EnvironmentError} when none can
   */
  async service(
    name: string,
    sources: readonly ServiceSource[],
    launched: readonly StdioCommand[] = [],
  ): Promise<ServiceImage> {
    const passedOver: string[] = [];
    for (const source of sources) {
      const recipe = this.#recipes.service(name, source);
      try {
        if (recipe !== undefined)
          return { image: await this.#withLaunched(recipe, source, launched), source, passedOver };
        passedOver.push("the suite has no recipe for it");
      } catch (error) {
        if (!(error instanceof EnvironmentError) || this.#options.mode === "pull") throw error;
        passedOver.push(error.message);
      }
    }
    throw new EnvironmentError(
      `service ${name} can't be started: ${passedOver.join("; ") || "the compose file names no image"}; name its package ` +
        `in the policy (parts: ${name}: package: npm:NAME@VERSION or pypi:NAME==VERSION), or leave it out there (left_out:)`,
      { part: name },
    );
  }

  async #withLaunched(plain: Recipe, source: ServiceSource, launched: readonly StdioCommand[]): Promise<PartImage> {
    const { image } = await this.#resolve(plain);
    if (launched.length === 0) return image;
    const recipe =
      source.from === "packages"
        ? withStdioCommands(plain, this.#recipes.runtime, launched)
        : withFetchedServers(plain, launched);
    const { image: combined } = await this.#resolve(recipe);
    return { ...combined, origin: image.origin, source: `${image.source}, with ${recipe.packages}` };
  }

  /**
   * PostgreSQL with the tables of a LiteLLM from packages.
   *
   * @param version LiteLLM's
   * @throws {EnvironmentError} with the last lines of the build
   */
  async liteLLMPostgres(version: string): Promise<PartImage> {
    return { ...(await this.#resolve(this.#recipes.liteLLMPostgres(version))).image, part: "postgres" };
  }

  #resolve(recipe: Recipe): Promise<ResolvedImage> {
    const { name, version, packages, upstream, dockerfile } = recipe;
    const parents = Object.values(recipe.parents).map((parent) => [parent.name, parent.packages]);
    const key = JSON.stringify([name, version, packages, upstream, dockerfile, parents]);
    const resolved = this.#resolved.get(key) ?? this.#make(recipe);
    this.#resolved.set(key, resolved);
    return resolved;
  }

  async #make(recipe: Recipe): Promise<ResolvedImage> {
    const local = await this.#local;
    const present = this.#present(recipe, local);
    if (present !== undefined) return present;
    this.#missing.resolve();
    return await this.#options.progress.piece(imageWork, () => this.#pullOrBuild(recipe, local));
  }

  async #pullOrBuild(recipe: Recipe, local: Map<string, LocalImage>): Promise<ResolvedImage> {
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
    for (const base of recipe.bases ?? []) await this.#provideBase(recipe, base, local);
    const parents = await Promise.all(
      Object.entries(recipe.parents).map(
        async ([argument, parent]) => [argument, await this.#resolve(parent)] as const,
      ),
    );
    return this.#build(recipe, Object.fromEntries(parents), local);
  }

  /** What an earlier run pulled or built; undefined when it or one of its parents is missing. */
  #present(recipe: Recipe, local: ReadonlyMap<string, LocalImage>): ResolvedImage | undefined {
    const { mode, registry } = this.#options;
    if (recipe.upstream !== undefined && mode !== "build") {
      const image = local.get(pullReference(recipe.upstream, registry));
      if (image !== undefined) return pulledImage(recipe, recipe.upstream, image, registry);
      if (mode === "pull") return undefined;
    }
    if (recipe.missing !== undefined) return undefined;
    const parents: Record<string, ResolvedImage> = {};
    for (const [argument, parent] of Object.entries(recipe.parents)) {
      const present = this.#present(parent, local);
      if (present === undefined) return undefined;
      parents[argument] = present;
    }
    const reference = this.#reference(recipe, parents);
    const image = local.get(reference);
    return image && builtImage(recipe, reference, image);
  }

  /** Makes an image available under the name by which a Dockerfile of the operator names it. */
  async #provideBase(recipe: Recipe, base: UpstreamImage, local: Map<string, LocalImage>): Promise<void> {
    const own = pullReference(base);
    if (local.has(own)) return;
    const pulled = this.#options.mode === "build" ? undefined : await this.#tryPull(recipe, base, local);
    if (pulled === undefined)
      throw new EnvironmentError(`its base image ${fullName(base, this.#options.registry)} can't be pulled`, {
        part: recipe.name,
      });
    if (own === pulled.image.reference || base.tag.startsWith("sha256:")) return;
    const [repo = own, tag = "latest"] = own.split(/:(?=[^:/]*$)/);
    await this.#engine.docker.getImage(pulled.image.reference).tag({ repo, tag });
    local.set(own, await this.#inspect(own));
  }

  /** Undefined when the image must be built instead. */
  async #tryPull(
    recipe: Recipe,
    upstream: UpstreamImage,
    local: Map<string, LocalImage>,
  ): Promise<ResolvedImage | undefined> {
    const { mode, registry, progress } = this.#options;
    const name = fullName(upstream, registry);
    if (mode === "auto" && !(await this.#answers(registry ?? upstream.registry))) return undefined;
    const reference = pullReference(upstream, registry);
    const step = progress.start(`pull ${name}`, { kind: imageWork, shownAs: `pulling ${recipe.name}` });
    try {
      await pullImage(this.#engine, reference, step, mode === "auto" ? stallDeadline : undefined);
      const image = await this.#inspect(reference);
      local.set(reference, image);
      step.done();
      return pulledImage(recipe, upstream, image, registry);
    } catch (error) {
      const reason = (error as Error).message;
      if (mode === "auto") {
        step.failed(recipe.missing === undefined ? `built instead: ${reason}` : reason);
        return undefined;
      }
      step.failed();
      throw new EnvironmentError(
        `${name} cannot be pulled: ${reason}; name a registry that has it with REGISTRY=host:port, or set IMAGES=build`,
        { part: recipe.name, log: error instanceof ImageError ? error.log : [], cause: error },
      );
    }
  }

  async #build(
    recipe: Recipe,
    parents: Readonly<Record<string, ResolvedImage>>,
    local: Map<string, LocalImage>,
  ): Promise<ResolvedImage> {
    const reference = this.#reference(recipe, parents);
    const found = local.get(reference);
    if (found !== undefined) return builtImage(recipe, reference, found);
    const obstacle = recipe.dockerfile === undefined ? debootstrapObstacle() : undefined;
    if (obstacle !== undefined) {
      throw new EnvironmentError(
        `no registry answers, and the base image cannot be made from packages (${obstacle}); ` +
          "run as root on Debian or Ubuntu, or name a registry that has it with REGISTRY=host:port",
        { part: recipe.name },
      );
    }
    const step = this.#options.progress.start(`build image ${recipe.name} ${recipe.version}`, {
      kind: imageWork,
      shownAs: `building ${recipe.name}`,
    });
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
      return builtImage(recipe, reference, image);
    } catch (error) {
      step.failed();
      throw buildError(recipe, error as Error);
    }
  }

  #answers(registry: string): Promise<boolean> {
    const asked = this.#answering.get(registry) ?? registryAnswers(registry);
    this.#answering.set(registry, asked);
    return asked;
  }

  #reference(recipe: Recipe, parents: Readonly<Record<string, ResolvedImage>>): string {
    const identities = mapValues(parents, ({ identity }) => identity);
    return `gateway-conformance/${recipe.name}:${contentTag(recipe, identities, this.#engine.arch)}`;
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

/** A recipe whose image is pulled under the operator's name, e.g. from a registry of their own. */
function pulledAs(recipe: Recipe, name: string | undefined): Recipe {
  return name === undefined || recipe.upstream === undefined
    ? recipe
    : { ...recipe, upstream: readImageReference(name) };
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
