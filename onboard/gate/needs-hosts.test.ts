import { expect, test } from "vitest";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import { observeSynthetic, syntheticCandidate } from "../proofs/synthetic.ts";
import { requireTools } from "./needs-hosts.ts";

const candidate = syntheticCandidate("stdio");
const { seen } = await observeSynthetic(candidate, undefined);
const lost = [{ host: "api.example.com:443", why: "connect ETIMEDOUT 192.0.2.7:443", isAddress: false }];
const none = {
  catalogue: undefined,
  failed: { why: "initialize: the server ended", log: ["the key k-123 is refused", "fetch failed"] },
};

test("a candidate that does not start without its host gets no verdict, and its secrets stay hidden", () => {
  const required = (): void => requireTools(none, lost, new Map([["API_KEY", "k-123"]]));
  expect(required).toThrow(EnvironmentError);
  expect(required).toThrow(
    /^the candidate can't be judged: it does not start: initialize: the server ended\n {2}the key (?!k-123).* is refused\n {2}fetch failed\napi\.example\.com:443, which the candidate needs, can't be reached from here: connect ETIMEDOUT 192\.0\.2\.7:443\nrun it again where api\.example\.com:443 can be reached$/,
  );
});

test("a candidate that lists nothing without its host gets no verdict either", () => {
  const { catalogue } = seen;
  const empty = { ...seen, catalogue: catalogue && { ...catalogue, tools: [] } };
  expect(() => requireTools(empty, lost, new Map())).toThrow("the candidate can't be judged: it lists no tool");
});

test("one that lists tools is judged, and one that does not start has a verdict where every host is reached", () => {
  expect(() => requireTools(seen, lost, new Map())).not.toThrow();
  expect(() => requireTools(none, [], new Map())).not.toThrow();
});
