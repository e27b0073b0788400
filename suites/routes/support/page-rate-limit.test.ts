import { expect, test } from "vitest";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { compose } from "../../../helpers/deployment/broken/broken-deployment.ts";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { withTraefik } from "../../../helpers/deployment/types.ts";
import { expectPageRateLimit } from "./page-rate-limit.ts";

const router = "litellm-public";

/** What a rate limit of the public router leads to; undefined where the check passes. */
async function failureWith(limit: Readonly<Record<string, string>>, pattern = "/ui/**") {
  const service = `traefik.http.routers.${router}.service: litellm\n`;
  const options = Object.entries(limit).map(
    ([option, value]) => `      traefik.http.middlewares.slow.ratelimit.${option}: "${value}"\n`,
  );
  const added = `${service}      traefik.http.routers.${router}.middlewares: slow\n${options.join("")}`;
  using copy = patchedCopy("deployments/reference", [compose(service, added)]);
  const { traefikModel } = withTraefik(await loadDeployment(copy.folder));
  try {
    expectPageRateLimit(traefikModel, pattern, `${router}@docker`);
  } catch (error) {
    if (error instanceof CheckFailure) return error.details;
    throw error;
  }
  return undefined;
}

test.each<[Readonly<Record<string, string>>, string]>([
  [{ average: "1" }, "an average of 1 in 1s, and a burst of 1"],
  [{ average: "60", period: "1m", burst: "5" }, "an average of 60 in 1m, and a burst of 5"],
])("%o refuses files of a page", async (limit, actual) => {
  const failure = await failureWith(limit);
  expect(failure).toMatchObject({ code: "low-rate-limit", actual, cause: expect.stringContaining(router) });
  expect(failure?.location?.file).toMatch(/compose\.yaml$/);
});

test.each<Readonly<Record<string, string>>>([
  { average: "10", burst: "20" },
  { average: "100" },
  { average: "600", period: "1m", burst: "1" },
  { average: "5", burst: "50" },
  { average: "0" },
])("%o is an ordinary limit", async (limit) => {
  expect(await failureWith(limit)).toBeUndefined();
});

test.each(["/health/**", "/.well-known/**"])("%s is not a page", async (pattern) => {
  expect(await failureWith({ average: "1" }, pattern)).toBeUndefined();
});

test("a UI below a root path is a page", async () => {
  expect(await failureWith({ average: "1" }, "/llm/ui/**")).toBeDefined();
});
