import { createHash, randomBytes } from "node:crypto";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { receivedText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { thoseThatReach } from "../support/edge-decisions.ts";

/** Bytes of a body: more than any buffer on the way holds by default. */
const several = 5_000_000;

check({
  id: "ROUTE-18/large-bodies",
  requirements: ["ROUTE-18"],
  title: "a body of several megabytes passes unchanged in both directions",
  needs: ["edge"],
  async run({ edge }) {
    // Base64 without line breaks: any byte that is lost, doubled or changed shows.
    const body = randomBytes((several * 3) / 4).toString("base64");
    const cases = await Promise.all(
      edge.policy.hosts.map(async (host) => {
        // A router of its own takes what is public: a limit there would stop a log-in as well. One path is enough, for the
        // bodies of all of them at once are more than a client keeps on one connection.
        const open = edge.policy.publicPaths.map(({ path }) => ({ host, path, method: "POST" }));
        const [first] = await thoseThatReach(edge, open);
        return [{ host, path: "/v1/files", method: "POST", bearer: edge.anyKey }, ...(first ? [first.request] : [])];
      }),
    );
    await forEachCase(
      "a large body comes back as it was sent",
      cases.flat(),
      ({ host, path }) => `${host.name}${path}`,
      async (request) => {
        const exchange = await edge.send({ ...request, body });
        // whoami answers with the request as it received it, body and all.
        const echoed = exchange.response?.body ?? "";
        const at = echoed.indexOf(body.slice(0, 64));
        const back = at < 0 ? "" : echoed.slice(at, at + body.length);
        if (digest(back) === digest(body)) return;
        throw new CheckFailure({
          summary: `of ${body.length} bytes ${back.length} came back, ${back.length === body.length ? "changed" : "not all of them"}`,
          evidence: { received: receivedText(exchange) },
          cause: "a buffering middleware limits bodies (maxRequestBodyBytes, maxResponseBodyBytes)",
          location: edge.deployment.litellm.location,
        });
      },
    );
  },
});

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
