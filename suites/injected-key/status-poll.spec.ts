import { forEachCase } from "../../helpers/cases.ts";
import { CheckFailure } from "../../helpers/check-failure.ts";
import { receivedText, sentText } from "../../helpers/wire/exchange.ts";
import { conformance } from "../conformance.ts";

conformance(
  ["INJ-01"],
  "the UI's poll gets LiteLLM's own status without the browser holding a key",
  async ({ gateway }) => {
    const cases = gateway.policy.injectedRoutes.flatMap((route) =>
      gateway.policy.hosts.filter(({ name }) => route.hosts.includes(name)).map((host) => ({ route, host })),
    );
    await forEachCase(
      "an anonymous poll is answered with LiteLLM's status",
      cases,
      ({ route, host }) => `${host.name}${route.path}`,
      async ({ route, host }) => {
        const exchange = await gateway.send({ host, path: route.path });
        const status = exchange.response?.status;
        if (status === route.status && isStatus(exchange.response?.body)) return;
        throw new CheckFailure({
          what: `the poll is answered ${status} where LiteLLM's own status was due`,
          sent: sentText(exchange),
          received: receivedText(exchange),
          likelyCause: pollDiagnosis(status, exchange.response?.body ?? ""),
          place: route.place,
        });
      },
    );
  },
);

/** LiteLLM's answer to an accepted key: `{"scheduled":false,…}`. */
function isStatus(body: string | undefined): boolean {
  try {
    return typeof (JSON.parse(body ?? "") as { scheduled?: unknown }).scheduled === "boolean";
  } catch {
    return false;
  }
}

function pollDiagnosis(status: number | undefined, body: string): string {
  if (status === 400 && /No connected db/i.test(body)) {
    return (
      "LiteLLM does not know the injected key: without a database it answers 400 'No connected db.' to every key that is not " +
      "the master key or its custom_auth's; it does not say that no job is queued"
    );
  }
  if (status === 401) return "no key is injected, or LiteLLM refuses the one that is";
  if (status === 404) return "no router takes the path: the injecting router's rule does not match it";
  if (status === 403 || status === 500) return "LiteLLM knows the injected key, but the key has no right to this route";
  return "the answer is not LiteLLM's status";
}
