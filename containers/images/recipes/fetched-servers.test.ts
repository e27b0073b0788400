import { expect, test } from "vitest";
import { withFetchedServers } from "./fetched-servers.ts";
import type { Recipe } from "./recipe.ts";

const base: Recipe = {
  name: "tools",
  version: "1",
  folders: [],
  dockerfile: undefined,
  parents: {},
  packages: "",
};

test("launchers fetch what they start in the image's build, by the words of the operator, and are offline then", () => {
  const launched = [
    {
      command: "files",
      version: undefined,
      launcher: { name: "npx", arguments: ["-y", "@scope/files@latest"], environment: {} },
    },
    {
      command: "own",
      version: undefined,
      launcher: { name: "npx", arguments: ["-y", "--package=a@1", "-p", "b", "own"], environment: {} },
    },
    {
      command: "fetch",
      version: undefined,
      launcher: { name: "uvx", arguments: ["--python", "3.12", "fetch"], environment: {} },
    },
    {
      command: "notes",
      version: undefined,
      launcher: { name: "uvx", arguments: ["--from", "mcp-notes", "notes"], environment: {} },
    },
  ];
  const { dockerfile } = withFetchedServers(base, launched);
  expect(dockerfile).toEqual({
    text: `ARG BASE
FROM \${BASE}
ENV UV_NO_CACHE=false
RUN ["npx","-y","--package=@scope/files@latest","--","true"]
RUN ["npx","-y","--package=a@1","-p","b","--","true"]
RUN ["uvx","--python","3.12","--from","fetch","python","-c",""]
RUN ["uvx","--from","mcp-notes","python","-c",""]
ENV npm_config_offline=true UV_OFFLINE=1
`,
  });
});
