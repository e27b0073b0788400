import type { ResolveHookSync } from "node:module";

/**
 * Finds the suite's own files by their relative names, before the hook by which vitest sends each import to the main process:
 * only vitest's watch mode reads that, and a run has thousands of imports.
 */
export const findOwnFile: ResolveHookSync = (specifier, context, next) => {
  const { parentURL } = context;
  if (!/^\.\.?\//.test(specifier) || parentURL === undefined || parentURL.includes("/node_modules/"))
    return next(specifier, context);
  return { url: new URL(specifier, parentURL).href, shortCircuit: true };
};
