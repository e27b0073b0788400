import { type PackageSpec, packageText, unscopedName } from "../../../helpers/deployment/services/package-spec.ts";
import type { ServiceSource } from "../../../helpers/deployment/services/service-plan.ts";
import { slug } from "../../../helpers/deployment/services/slug.ts";
import { readImageReference } from "../registry.ts";
import type { Recipe } from "./recipe.ts";
import { debianLines } from "./recipe-forms.ts";
import { beforeArgument, lockOf, packageJson } from "./stdio-commands.ts";

/** The operator's own image, which is pulled or not to be had. */
export function operatorImage(service: string, image: string): Recipe {
  const upstream = readImageReference(image);
  return {
    name: slug(service),
    version: upstream.tag,
    folders: [],
    dockerfile: undefined,
    parents: {},
    upstream,
    packages: "",
    missing: `the suite has no recipe for ${image}`,
  };
}

/**
 * A compose service from packages. Its working directory is the first npm package's folder, as it is in the images of MCP's
 * servers, and the commands of every package are on its PATH. A single package of which the suite has a lock is installed by it.
 *
 * @param runtime Node and Python
 */
export function packagesImage(
  service: string,
  { packages, debian = [], entrypoint, command }: Omit<ServiceSource & { from: "packages" }, "from">,
  runtime: Recipe,
): Recipe {
  const npm = packages.filter(({ ecosystem }) => ecosystem === "npm");
  const pypi = packages.filter(({ ecosystem }) => ecosystem === "pypi");
  const [first] = packages;
  if (first === undefined) throw new Error(`${service} has no package`);
  const isSingle = (first.ecosystem === "npm" ? npm : packages).length === 1;
  const lock = isSingle ? lockOf(first) : undefined;
  const program = npm.includes(first) ? "service-command" : unscopedName(first);
  return {
    name: `service-${slug(service)}`,
    version: slug(first.version ?? "newest"),
    folders: [...(npm.length > 0 ? ["upstreams/npm-package"] : []), ...(lock === undefined ? [] : [lock.folder])],
    dockerfile: {
      text: dockerfileText({
        npm,
        pypi,
        debian,
        isLocked: lock !== undefined,
        entrypoint,
        command: command ?? (entrypoint === undefined ? [program] : undefined),
      }),
    },
    files: {
      ...(npm.length > 0 && lock === undefined ? { "package.json": packageJson(npm) } : {}),
      ...(pypi.length > 0 && !(lock !== undefined && pypi.includes(first))
        ? { "requirements.in": `${pypi.map(packageText).join("\n")}\n` }
        : {}),
    },
    arguments: beforeArgument(pypi),
    parents: { RUNTIME: runtime },
    packages: packages.map((one) => `${one.ecosystem === "npm" ? "npm" : "PyPI"} ${packageText(one)}`).join(", "),
  };
}

/** A service from packages of Debian, with curl for questions to it. */
export function debianImage(service: string, packages: readonly string[], base: Recipe): Recipe {
  return {
    name: `service-${slug(service)}`,
    version: "trixie",
    folders: [],
    dockerfile: {
      text: ["ARG BASE", `FROM \${BASE}`, ...debianLines(["curl", ...packages]), ""].join("\n"),
    },
    parents: { BASE: base },
    packages: `Debian trixie ${packages.join(", ")}`,
  };
}

function dockerfileText({
  npm,
  pypi,
  debian,
  isLocked,
  entrypoint,
  command,
}: {
  npm: readonly PackageSpec[];
  pypi: readonly PackageSpec[];
  debian: readonly string[];
  /** Whether the suite has a lock of the first package. */
  isLocked: boolean;
  entrypoint: readonly string[] | undefined;
  command: readonly string[] | undefined;
}): string {
  const [first] = npm;
  const lines = ["ARG RUNTIME", `FROM \${RUNTIME}`, ...debianLines(debian), "ARG BEFORE"];
  if (first !== undefined) {
    lines.push(
      "COPY node_modules/ /usr/local/lib/node_modules/",
      "COPY find-program.mjs /find-program.mjs",
      'RUN for program in /usr/local/lib/node_modules/.bin/*; do chmod 755 "$(readlink -f "$program")"; ' +
        'ln -sf "$program" /usr/local/bin/; done \\',
      // A package without a command of its own name is started by what the compose file names.
      ` && { program=$(/opt/runtime/bin/node /find-program.mjs /usr/local/lib ${first.name} 2>/dev/null) ` +
        '&& ln -s "$program" /usr/local/bin/service-command || true; }',
    );
  }
  if (pypi.length > 0 && first === undefined && isLocked)
    lines.push(
      "COPY requirements.txt /requirements.txt",
      "RUN uv venv -q /opt/service \\",
      " && SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt uv pip sync --require-hashes " +
        "--python /opt/service --compile-bytecode /requirements.txt",
    );
  else if (pypi.length > 0)
    lines.push(
      "COPY requirements.in /requirements.in",
      "RUN uv venv -q /opt/service \\",
      " && SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt uv pip install ${BEFORE:+--exclude-newer $BEFORE} " +
        "--python /opt/service --compile-bytecode -r /requirements.in",
    );
  lines.push("ENV PATH=/opt/service/bin:/opt/runtime/bin:$PATH PYTHONUNBUFFERED=1");
  if (first !== undefined) lines.push(`WORKDIR /usr/local/lib/node_modules/${first.name}`);
  if (entrypoint !== undefined) lines.push(`ENTRYPOINT ${JSON.stringify(entrypoint)}`);
  if (command !== undefined) lines.push(`CMD ${JSON.stringify(command)}`);
  return `${lines.join("\n")}\n`;
}
