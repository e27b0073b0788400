import { atLeast } from "../../../helpers/deployment/litellm/version.ts";
import { lockedVersions, type Recipe } from "./recipe.ts";
import { dockerfileOf, locked } from "./recipe-forms.ts";

/** The first version that depends on litellm-proxy-extras, which has the migrations (its metadata on PyPI). */
const firstMigrations = "1.65.1";

/** Prisma's engine as WebAssembly, the client of LiteLLM's Prisma schema, and the command line that generates that client. */
const versions = { engine: "5.17.0", client: "0.11.0", cli: "5.4.2" } as const;

/**
 * A LiteLLM from packages with what it needs for a database, and the Prometheus client, which the official image has and
 * LiteLLM's extra lacks: most deployments with a database export metrics. The suite has locks of both for some versions.
 */
export function withQueryEngine(litellm: Recipe, node: Recipe): Recipe {
  const { engine, client, cli } = versions;
  const parents = {
    LITELLM: litellm,
    ENGINE: dockerfileOf("prisma-engine", engine, { NODE: node }, `npm @prisma/client ${engine}`),
    CLI: dockerfileOf("prisma-cli", cli, { NODE: node }, `npm prisma ${cli}`),
  };
  const packages =
    `${litellm.packages}, PyPI prisma ${client}, ` +
    `and the suite's server for the query engine of npm @prisma/client ${engine}`;
  if (lockedVersions("litellm-database").includes(litellm.version))
    return locked("litellm-database", litellm.version, parents, packages);
  const files = { "requirements.txt": `prisma==${client}\nprometheus-client\n` };
  return { ...dockerfileOf("litellm-database", litellm.version, parents, packages), files };
}

/** A PostgreSQL from packages with the database `litellm_template`, which has the tables of a LiteLLM from packages. */
export function withLiteLLMTables(postgres: Recipe, litellm: Recipe): Recipe {
  const packages = `${postgres.packages}, with the migrations of LiteLLM ${litellm.version}`;
  const version = `${postgres.version}-litellm-${litellm.version}`;
  const recipe = dockerfileOf("litellm-postgres", version, { LITELLM: litellm, POSTGRES: postgres }, packages);
  if (atLeast(litellm.version, firstMigrations)) return recipe;
  const missing =
    `LiteLLM ${litellm.version} has no migrations in its packages, so that its tables cannot be made here; versions from ` +
    `${firstMigrations} on have them, e.g. LITELLM_VERSION=${lockedVersions("litellm")[0]}`;
  return { ...recipe, missing };
}
