import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { smallDeployment } from "../infer/small-deployment.ts";
import { pythonScript } from "./python-script.ts";

const base = "FROM ghcr.io/berriai/litellm:main-v1.106.2\n";
const server = "from mcp.server.fastmcp import FastMCP\nimport os, json as j\n";

/** What a script that LiteLLM starts needs, by LiteLLM's service and its files. */
function scriptOf(
  command: string,
  files: Readonly<Record<string, string>>,
  service = "build: .",
): { packages: string[]; missing: readonly string[] } | undefined {
  using deployment = smallDeployment({ "compose.yaml": `services:\n  litellm: { ${service} }\n`, ...files });
  const litellm = readFacts(deployment.folder).compose?.services.get("litellm");
  if (litellm === undefined) throw new Error("no service");
  const [program = "", ...args] = command.split(" ");
  const found = pythonScript({ command: program, args }, litellm);
  return found && { ...found, packages: found.packages.map(({ name, version }) => `${name} ${version ?? ""}`.trim()) };
}

test.each([
  ["python /app/server.py", "COPY server.py /app/\n"],
  ["python3 -u server.py --verbose", "COPY . .\n"],
  ["/usr/bin/python3.13 /srv/mcp/server.py", "WORKDIR /srv/mcp\nCOPY server.py .\n"],
])("a script that LiteLLM's Dockerfile copies, and that imports what LiteLLM has: %s", (command, copy) => {
  expect(scriptOf(command, { Dockerfile: base + copy, "server.py": server })).toEqual({ packages: [], missing: [] });
});

test("a mounted script is the same", () => {
  const mounted = 'image: "ghcr.io/berriai/litellm:main-v1.106.2", volumes: ["./server.py:/srv/server.py"]';
  expect(scriptOf("python /srv/server.py", { "server.py": server }, mounted)).toEqual({ packages: [], missing: [] });
});

test("what the Dockerfile installs by name is needed in addition, and what nothing installs is missing", () => {
  const script = `${server}import fastmcp\nimport httpx\ntry:\n    import pandas as pd\nexcept ImportError:\n    pd = None\n"""\nimport nothing\n"""\n`;
  const files = {
    Dockerfile: `${base}RUN pip install fastmcp==2.11.0 httpx unused\nCOPY server.py /app/\n`,
    "server.py": script,
  };
  expect(scriptOf("python /app/server.py", files)).toEqual({ packages: ["fastmcp 2.11.0"], missing: ["pandas"] });
});

test("modules next to the script are looked at, and are not missing", () => {
  const files = {
    Dockerfile: `${base}COPY . /app\n`,
    "server.py": `${server}import helpers_of_mine\nfrom tools.search import find\n`,
    "helpers_of_mine.py": "import qdrant_client\n",
    "tools/search.py": "import tools.words\nimport bs4\n",
    "tools/words.py": "import re\n",
  };
  expect(scriptOf("python /app/server.py", files)).toEqual({ packages: [], missing: ["bs4", "qdrant_client"] });
});

test.each([
  "python -m http.server",
  "python -c print(1)",
  "node /app/server.js",
  "python /app/other.py",
  "python /app",
])("%s starts no script of the deployment", (command) => {
  expect(scriptOf(command, { Dockerfile: `${base}COPY server.py /app/\n`, "server.py": server })).toBeUndefined();
});
