import { expect, test } from "vitest";
import { compose } from "../../../helpers/deployment/broken/broken-deployment.ts";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { type Patch, patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { whyUnhealthy } from "./unhealthy-service.ts";

const ping = compose(
  "      - --entryPoints.web.address=:80\n",
  "      - --entryPoints.web.address=:80\n      - --ping=true\n",
);
const urlopen = (path: string): string[] => ["python3", "-c", `urlopen('http://127.0.0.1:4000${path}')`];

test.each<[string, string, string[], Patch[], RegExp]>([
  ["Traefik's without its ping", "traefik", ["traefik", "healthcheck", "--ping"], [], /ping, which is not enabled/],
  [
    "Traefik's with its ping",
    "traefik",
    ["traefik", "healthcheck"],
    [ping],
    /Traefik leaves an unhealthy container out/,
  ],
  ["LiteLLM's on every model", "litellm", urlopen("/health"), [], /asks LiteLLM's \/health, which needs a key/],
  ["LiteLLM's on another path", "litellm", urlopen("/v1/models"), [], /a path that needs a key or another port/],
  ["the database's", "postgres", ["pg_isready"], [], /another port, user or database/],
])("a healthcheck that fails: %s", async (_, service, command, patches, cause) => {
  using copy = patchedCopy("deployments/reference", patches);
  expect(whyUnhealthy(await loadDeployment(copy.folder), { service, command }).cause).toMatch(cause);
});
