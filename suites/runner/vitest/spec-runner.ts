import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { TestRunner } from "vitest";
import { findOwnFile } from "./own-imports.ts";

registerHooks({ resolve: findOwnFile });

/** How often this worker has imported each file. */
const imports = new Map<string, number>();

/**
 * vitest's runner, except for the name by which it imports a file. vitest appends the time, so that a set-up file runs again
 * for each spec file; by that name Node's compile cache has never seen the file, and keeps it for ever. A number does both:
 * it differs within a worker, and is the same in the next run.
 */
export default class SpecRunner extends TestRunner {
  override importFile(file: string): Promise<unknown> {
    const count = imports.get(file) ?? 0;
    imports.set(file, count + 1);
    return import(importName(file, count));
  }
}

/**
 * The URL by which a worker imports a file.
 *
 * @param file absolute
 * @param count how often this worker has imported it before
 */
export function importName(file: string, count: number): string {
  const url = pathToFileURL(file).href;
  return count === 0 ? url : `${url}?import=${count}`;
}
