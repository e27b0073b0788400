import type { PackageSpec } from "./package-spec.ts";

/** What an image contains, for a machine that can't pull it. */
export interface KnownImage {
  /** The package that its program comes from. */
  package: Omit<PackageSpec, "version">;
  /** What the image itself starts, where that is not the package's command. */
  entrypoint?: readonly string[];
  command?: readonly string[];
}

const npm = (name: string, start: Omit<KnownImage, "package"> = {}): KnownImage => ({
  package: { ecosystem: "npm", name },
  ...start,
});
const pypi = (name: string): KnownImage => ({ package: { ecosystem: "pypi", name }, entrypoint: [name] });
const server = (name: string): string => `@modelcontextprotocol/server-${name}`;
const node: Omit<KnownImage, "package"> = { entrypoint: ["node", "dist/index.js"] };

/**
 * Images of MCP servers whose program is a package of a registry, by repository. Sources: the Dockerfiles of
 * modelcontextprotocol/servers, supercorp-ai/supergateway, sparfenyuk/mcp-proxy, crystaldba/postgres-mcp.
 */
const knownImages: Readonly<Record<string, KnownImage>> = {
  "mcp/everything": npm(server("everything"), { command: ["node", "dist/index.js"] }),
  "mcp/filesystem": npm(server("filesystem"), node),
  "mcp/memory": npm(server("memory"), node),
  "mcp/sequentialthinking": npm(server("sequential-thinking"), node),
  "mcp/time": pypi("mcp-server-time"),
  "mcp/fetch": pypi("mcp-server-fetch"),
  "mcp/git": pypi("mcp-server-git"),
  "crystaldba/postgres-mcp": pypi("postgres-mcp"),
  "supercorp/supergateway": npm("supergateway", { entrypoint: ["supergateway"] }),
  "ghcr.io/supercorp-ai/supergateway": npm("supergateway", { entrypoint: ["supergateway"] }),
  "ghcr.io/sparfenyuk/mcp-proxy": pypi("mcp-proxy"),
};

/** The repository of an image reference, without tag and digest. Docker Hub's host and `library/` are left out. */
export function repositoryOf(image: string): string {
  const name = image.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
  return name.replace(/^(?:docker\.io|index\.docker\.io)\//, "").replace(/^library\//, "");
}

/** The packages of the MCP servers that are known by their images. */
export const knownPackages: readonly Omit<PackageSpec, "version">[] = Object.values(knownImages).map(
  (one) => one.package,
);

/** What an image contains; undefined for one that is not known. */
export function knownImage(image: string): KnownImage | undefined {
  return knownImages[repositoryOf(image)];
}
