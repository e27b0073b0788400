import { compareCatalogues, type LockedCatalogue } from "../../../helpers/catalogue-lock/compare-catalogues.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import { followsCatalogue } from "../../support/needed-checks.ts";
import { listings } from "../support/listings.ts";

check({
  id: "CAT-30/approved-catalogue",
  requirements: ["CAT-30"],
  title: "an upstream with a lock file offers the catalogue that was approved",
  needs: ["gateway", "direct-upstreams"],
  async run({ gateway, evidence }) {
    const locked = gateway.policy.upstreams.filter(
      ({ lock, leftOut, standIn }) => lock !== undefined && leftOut === undefined && !standIn,
    );
    if (locked.length === 0) evidence.notSupported("no upstream of the policy has a lock file");
    const { direct } = await listings(gateway);
    await forEachCase(
      "an upstream offers what was approved",
      locked,
      ({ name }) => name,
      async ({ name, lock, location }) => {
        const offered = direct.find((one) => one.name === name);
        if (lock === undefined) return;
        if (offered === undefined)
          throw new CheckFailure({
            summary: `${name} has a lock file, and LiteLLM has no such server`,
            code: "no-server",
            expected: `the ${lock.tools.length} tools of the lock file`,
            actual: "no server",
            location,
            ...followsCatalogue,
          });
        const differences = compareCatalogues(comparable(lock), comparable(offered));
        const [first] = differences;
        if (first === undefined) {
          evidence.finding(`${name} offers the ${lock.tools.length} tools that were approved, each text unchanged.`);
          return;
        }
        throw new CheckFailure({
          summary: `${name} offers another catalogue than the approved one`,
          code: `changed-${first.kind}`,
          expected: `the ${lock.tools.length} tools of the lock file, with the same texts and schemas`,
          actual: `${differences.length} ${differences.length === 1 ? "difference" : "differences"}`,
          evidence: { received: differences.map(({ text }) => text).join("\n") },
          cause: `the server is another version than ${lock.server.version || "the approved one"}, or changes what it tells clients at run time`,
          location,
          fix: "read each difference, then approve it with 'npm run onboard -- CANDIDATE --approve', or pin the approved version",
        });
      },
    );
  },
});

/** What clients read of a catalogue, without what the SDK's client leaves out of a listing. */
function comparable({ tools, instructions }: { tools: readonly object[]; instructions: string }): LockedCatalogue {
  const kept = tools.map((tool) => {
    const { name, title, description, inputSchema, outputSchema, annotations } = tool as Record<string, unknown>;
    const fields = { title, description, inputSchema, outputSchema, annotations };
    return {
      name: String(name),
      ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
    };
  });
  return { tools: kept, instructions };
}
