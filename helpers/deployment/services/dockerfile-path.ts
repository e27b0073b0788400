import { join } from "node:path";
import type { ComposeBuild } from "../compose/types.ts";

/** Absolute path of a build's Dockerfile. */
export function dockerfileOf({ dockerfile, context }: Pick<ComposeBuild, "dockerfile" | "context">): string {
  return dockerfile ?? join(context, "Dockerfile");
}
