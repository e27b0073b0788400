import type { Recipe } from "./recipe.ts";
import type { StdioCommand } from "./stdio-commands.ts";

/**
 * The operator's image with what its launchers fetch in their caches: they start offline then. The image's own npm and uv do it,
 * because its C library may not be the one of the suite's Node and Python (Alpine).
 *
 * @param launched each with its launcher, `npx` or `uvx`
 */
export function withFetchedServers(base: Recipe, launched: readonly StdioCommand[]): Recipe {
  const calls = launched.flatMap(({ launcher }) => (launcher === undefined ? [] : [launcher]));
  const lines = [
    "ARG BASE",
    `FROM \${BASE}`,
    // Images often switch uv's cache off, to stay small.
    "ENV UV_NO_CACHE=false",
    ...calls.map((launcher) => `RUN ${JSON.stringify([launcher.name, ...fetchOnly(launcher)])}`),
    "ENV npm_config_offline=true UV_OFFLINE=1",
  ];
  return {
    name: `${base.name}-fetched`,
    version: base.version,
    folders: [],
    dockerfile: { text: `${lines.join("\n")}\n` },
    parents: { BASE: base },
    packages: calls.map((launcher) => launcher.arguments.at(-1)).join(", "),
  };
}

/**
 * Arguments with which a launcher installs what it would start, and starts something that ends at once. npx finds its cache
 * by the packages as they are written.
 */
function fetchOnly({ name, arguments: own }: NonNullable<StdioCommand["launcher"]>): string[] {
  const [options, last = ""] = [own.slice(0, -1), own.at(-1)];
  const isNamed = options.some((word) => /^(?:-p|--package|--from)(?:=|$)/.test(word));
  if (name === "npx")
    return ["-y", ...options.filter((word) => word !== "-y"), ...(isNamed ? [] : [`--package=${last}`]), "--", "true"];
  return [...options, ...(isNamed ? [] : ["--from", last]), "python", "-c", ""];
}
