import { type PackageSpec, packageText, unscopedName } from "../../../helpers/deployment/services/package-spec.ts";
import type { Recipe } from "./recipe.ts";

/** What decides how LiteLLM answers: keeps its version whatever is installed next to it. */
const held = "litellm|mcp|fastapi|starlette|uvicorn|pydantic|httpx|anyio|openai|aiohttp";

/**
 * Prints each requirement of its arguments as LiteLLM's own package states it for the extra of what its image contains, else as
 * it is. LiteLLM 1.106.2 refuses each call with another langfuse than `>=4.7,<5`.
 */
const ownRequirements = `import sys
from importlib.metadata import requires
from packaging.requirements import Requirement

own = {}
for text in requires("litellm") or []:
    requirement = Requirement(text)
    if "proxy-runtime" in str(requirement.marker or ""):
        own[requirement.name.lower().replace("_", "-")] = f"{requirement.name}{requirement.specifier}"
for text in sys.argv[1:]:
    print(own.get(Requirement(text).name.lower().replace("_", "-"), text))
`;

/**
 * A LiteLLM from packages with more packages of PyPI in its environment: in the version that this LiteLLM demands, else in the
 * named one; every other package that is installed already keeps its version. Where that is impossible (langfuse 2 needs
 * packaging below 25), only LiteLLM and what decides its answers keep theirs.
 */
export function withPythonPackages(litellm: Recipe, packages: readonly PackageSpec[]): Recipe {
  if (packages.length === 0) return litellm;
  const names = packages.map(packageText);
  // PyPI's names are the same with each of `-`, `_` and `.` (PEP 503).
  const named = packages.map((one) => unscopedName(one).replaceAll(/[-_.]+/g, "[-_.]+")).join("|");
  const quoted = names.map((name) => `'${name}'`).join(" ");
  const lines = [
    "ARG LITELLM",
    "FROM ${LITELLM}",
    "COPY own-requirements.py /own-requirements.py",
    `RUN uv pip freeze --python /opt/litellm | grep -viE '^(${named})==' > /installed.txt \\`,
    ` && grep -iE '^(${held})==' /installed.txt > /held.txt \\`,
    ` && /opt/litellm/bin/python /own-requirements.py ${quoted} > /wanted.txt \\`,
    " && export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \\",
    ` && ( ${install("/installed.txt")} || ${install("/held.txt")} )`,
  ];
  return {
    name: "litellm-with-packages",
    version: litellm.version,
    folders: [],
    files: { "own-requirements.py": ownRequirements },
    dockerfile: { text: `${lines.join("\n")}\n` },
    parents: { LITELLM: litellm },
    packages: `${litellm.packages}, PyPI ${names.join(", ")}`,
  };
}

function install(constraints: string): string {
  return `uv pip install --python /opt/litellm --compile-bytecode -c ${constraints} -r /wanted.txt`;
}
