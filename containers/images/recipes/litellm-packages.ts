import { type PackageSpec, packageText, unscopedName } from "../../../helpers/deployment/services/package-spec.ts";
import type { Recipe } from "./recipe.ts";

/** What decides how LiteLLM answers: keeps its version whatever is installed next to it. */
const held = "litellm|mcp|fastapi|starlette|uvicorn|pydantic|httpx|anyio|openai|aiohttp";

/**
 * A LiteLLM from packages with more packages of PyPI in its environment. A package that is named gets the named version, as pip
 * would give it; every other one that is installed already keeps its version. Where the named package does not allow
 * that version (langfuse 2 needs packaging below 25), only LiteLLM and what decides its answers keep theirs.
 */
export function withPythonPackages(litellm: Recipe, packages: readonly PackageSpec[]): Recipe {
  if (packages.length === 0) return litellm;
  const names = packages.map(packageText);
  // PyPI's names are the same with each of `-`, `_` and `.` (PEP 503).
  const named = packages.map((one) => unscopedName(one).replaceAll(/[-_.]+/g, "[-_.]+")).join("|");
  const lines = [
    "ARG LITELLM",
    "FROM ${LITELLM}",
    `RUN uv pip freeze --python /opt/litellm | grep -viE '^(${named})==' > /installed.txt \\`,
    ` && grep -iE '^(${held})==' /installed.txt > /held.txt \\`,
    " && export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \\",
    ` && ( ${install("/installed.txt", names)} || ${install("/held.txt", names)} )`,
  ];
  return {
    name: "litellm-with-packages",
    version: litellm.version,
    folders: [],
    dockerfile: { text: `${lines.join("\n")}\n` },
    parents: { LITELLM: litellm },
    packages: `${litellm.packages}, PyPI ${names.join(", ")}`,
  };
}

function install(constraints: string, names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`).join(" ");
  return `uv pip install --python /opt/litellm --compile-bytecode -c ${constraints} ${quoted}`;
}
