import { expect, test } from "vitest";
import { type Break, runBroken } from "./broken-deployment.ts";

const bearerRule = "Host(`litellm.linuxserver.lan`) && HeaderRegexp(`Authorization`, `(?i)^Bearer +\\S+$$`)";

/** Each breaks one label of the reference, and must turn exactly these requirements red, naming the router or the path. */
const cases: { name: string; breaks: Break[]; failed: string[]; says: RegExp }[] = [
  {
    name: "a public path that no router opens",
    breaks: [
      {
        file: "compose.yaml",
        find: "Host(`litellm.linuxserver.lan`) &&\n        (Path(`/ui`)",
        replace: "Host(`litellm.linuxserver.lan`) &&\n        (Path(`/gui`)",
      },
    ],
    failed: ["ROUTE-01"],
    says: /litellm\.linuxserver\.lan\/ui does not get through/,
  },
  {
    name: "a router that asks for no key",
    breaks: [{ file: "compose.yaml", find: bearerRule, replace: "Host(`litellm.linuxserver.lan`)" }],
    failed: ["ROUTE-04"],
    says: /the rule of router litellm-bearer@docker matches it[\s\S]*compose\.yaml:\d+/,
  },
  {
    name: "a key that is replaced on its way",
    breaks: [
      {
        file: "compose.yaml",
        find: "traefik.http.routers.litellm-bearer.service: litellm",
        replace:
          "traefik.http.routers.litellm-bearer.service: litellm\n      traefik.http.routers.litellm-bearer.middlewares: litellm-status-key",
      },
    ],
    failed: ["ROUTE-05"],
    says: /arrived changed/,
  },
];

test.concurrent.for(cases)(
  "$name fails exactly its requirement, with exit code 1",
  async ({ breaks, failed, says }) => {
    const run = await runBroken(breaks, ["suites/routes/public", "suites/routes/anonymous", "suites/routes/bearer"]);
    expect(run.failed, run.output).toEqual(failed);
    expect(run.exitCode, run.output).toBe(1);
    expect(run.messages[failed[0] ?? ""]).toMatch(says);
  },
);

test("a label that Traefik would not take is exit code 2 with file and line, before anything starts", async () => {
  const broken = [{ file: "compose.yaml", find: bearerRule, replace: "Host(`litellm.linuxserver.lan`" }];
  const run = await runBroken(broken, ["suites/routes"]);
  expect(run.exitCode, run.output).toBe(2);
  expect(run.output).toMatch(/compose\.yaml:\d+: .+; .+/);
  expect(run.failed).toBeUndefined();
});
