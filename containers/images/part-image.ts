import type { Recipe, UpstreamImage } from "./recipes/recipe.ts";
import { fullName, pullReference } from "./registry.ts";

/** The image of one part, present on the engine. */
export interface PartImage {
  part: string;
  version: string;
  reference: string;
  /** `sha256:…`: the registry's digest of a pulled image, the image id of a built one. */
  digest: string;
  origin: "pulled" | "built";
  /** The upstream image's name, or the packages, for people. */
  source: string;
}

/** An image that the engine has. */
export interface LocalImage {
  id: string;
  /** `repository@sha256:…` */
  repositoryDigests: readonly string[];
}

/** A part's image, and an identity of its content: the tags of the images built on it depend on that. */
export interface ResolvedImage {
  image: PartImage;
  identity: string;
}

/** The image of a recipe that was built from packages. Its tag is a hash of its content, so it is the identity too. */
export function builtImage(recipe: Recipe, reference: string, { id }: LocalImage): ResolvedImage {
  const { name, version, builtVersion = version, packages } = recipe;
  return {
    image: { part: name, version: builtVersion, reference, digest: id, origin: "built", source: packages },
    identity: reference,
  };
}

/**
 * The image of a recipe that was pulled under its upstream name.
 *
 * @param registry replaces Docker Hub and ghcr.io; undefined for the public ones
 */
export function pulledImage(
  { name, version }: Recipe,
  upstream: UpstreamImage,
  local: LocalImage,
  registry: string | undefined,
): ResolvedImage {
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
    // The public name: the same content from another registry is the same parent.
    identity: `${fullName(upstream)}@${local.id}`,
  };
}
