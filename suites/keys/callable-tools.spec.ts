import type { GatewayTarget } from "../../containers/targets/needs.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { atMost } from "../../helpers/core/at-most.ts";
import { grantedTools } from "../../helpers/deployment/policy/grants.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { check } from "../runner/check.ts";
import type { Evidence } from "../runner/evidence.ts";
import { statusOf } from "../support/answers.ts";
import { type ManagementApi, managementApi } from "../support/management-api.ts";
import { openedForAllKeys } from "../support/servers-for-all-keys.ts";
import { type Identity, identitiesOf, serversOf } from "./support/identities.ts";
import { type Cell, keepMatrix, withMatrix } from "./support/matrix.ts";
import { catalogueOfMaster, type ListedTool } from "./support/mcp-request.ts";
import { type CallWay, callAtEndpoint, otherCallWays, serverAnswer } from "./support/tool-call.ts";

/** How many calls run at a time: LiteLLM connects to the server again for each. */
const atATime = 4;

/** A tool by one way, and what its server answers the master key. */
interface Control {
  way: CallWay;
  tool: ListedTool;
  answer: string;
}

check({
  id: "KEYS-01/callable-tools",
  requirements: ["KEYS-01"],
  title: "each identity can call the tools that it is granted, and no others, by every documented way",
  // The tools are called: on a throwaway network only.
  needs: ["gateway", "canaries"],
  async run({ gateway, evidence }) {
    const api = await managementApi(gateway, evidence);
    const identities = await identitiesOf(gateway, evidence);
    const controls = await controlsOf(gateway, evidence);
    const callers = identities.filter(({ key }) => key !== gateway.masterKey);
    const tried = await atMost(
      atATime,
      callers.flatMap((identity) => neededOf(identity, controls).map((control) => ({ identity, control }))),
      async ({ identity, control }) => {
        const exchange = await control.way.call(gateway, identity.key, control.tool);
        return { identity, control, exchange, reached: serverAnswer(exchange) === control.answer };
      },
    );
    const cells = [
      ...Map.groupBy(tried, ({ identity, control }) =>
        JSON.stringify([identity.name, control.way.way, control.tool.server]),
      ).values(),
    ].flatMap(cellOf);
    await keepMatrix(cells, "callable", evidence);
    await withMatrix(cells, () =>
      forEachCase(
        "an identity can call exactly what it is granted",
        tried,
        ({ identity, control: { way, tool } }) => `${identity.name}, ${tool.server} ${tool.name}, ${way.way}`,
        async (one) => await expectGranted(gateway, api, one),
      ),
    );
  },
});

/**
 * What the servers answer the master key: each tool at the endpoint, and one tool of each server by the other ways. A tool
 * that has no answer proves nothing, and is left out; a server without any is a failure.
 */
async function controlsOf(gateway: GatewayTarget, evidence: Evidence): Promise<Control[]> {
  const servers = serversOf(gateway);
  const tools = await catalogueOfMaster(gateway, servers);
  const ids = await (await managementApi(gateway, evidence)).allServerIds();
  const answered = await askAll(
    gateway,
    tools.map((tool) => ({ way: callAtEndpoint(gateway), tool })),
  );
  const one = servers.flatMap((server) => answered.find(({ tool }) => tool.server === server) ?? []);
  const others = await askAll(
    gateway,
    otherCallWays(gateway, ids).flatMap((way) => one.map(({ tool }) => ({ way, tool }))),
  );
  const missing = servers.filter((server) => !answered.some(({ tool }) => tool.server === server));
  if (missing.length === 0 && servers.length > 0) {
    const silent = tools.filter((tool) => !answered.some((control) => control.tool === tool));
    if (silent.length > 0)
      evidence.finding(
        `Not tried, because even the master key gets no content from it: ${silent.map(({ name }) => name).join(", ")}.`,
      );
    return [...answered, ...others];
  }
  throw new CheckFailure({
    summary: "the master key can call no tool of a server, so that no grant can be judged",
    code: "control-failed",
    expected: "an answer of every server",
    actual: `none of ${missing.join(", ") || "any server"}`,
    cause: "LiteLLM lists the server's tools and cannot call them; see CAT-04",
  });
}

/**
 * What is tried of an identity: every tool that it must not call, every tool of a server of which it may use some only, and one
 * tool of a server that it is granted as a whole: LiteLLM starts a stdio server for each call that it lets through.
 */
function neededOf({ expected }: Identity, controls: readonly Control[]): readonly Control[] {
  if (expected === "refused") return controls;
  const isFirst = (one: Control): boolean =>
    one === controls.find(({ way, tool }) => way.way === one.way.way && tool.server === one.tool.server);
  return controls.filter((one) => expected.get(one.tool.server) !== "all" || isFirst(one));
}

async function askAll(
  gateway: GatewayTarget,
  asked: readonly { way: CallWay; tool: ListedTool }[],
): Promise<Control[]> {
  const answers = await atMost(atATime, asked, async ({ way, tool }) => {
    const answer = serverAnswer(await way.call(gateway, gateway.masterKey, tool));
    return answer === undefined ? [] : [{ way, tool, answer }];
  });
  return answers.flat();
}

interface Tried {
  identity: Identity;
  control: Control;
  exchange: Exchange;
  reached: boolean;
}

function cellOf(tried: readonly Tried[]): Cell[] {
  const [first] = tried;
  if (first === undefined) return [];
  const { identity, control } = first;
  const names = tried.map((one) => one.control.tool.name);
  const found = tried.filter(({ reached }) => reached).map((one) => one.control.tool.name);
  const grant = identity.expected === "refused" ? new Map() : identity.expected;
  const { server } = control.tool;
  const expected = grantedTools(grant, server, names);
  const wrong = tried.find((one) => expected.includes(one.control.tool.name) !== one.reached);
  const { exchange } = wrong ?? first;
  return [{ identity, way: control.way.way, server, tried: names, expected, found, exchange }];
}

async function expectGranted(
  gateway: GatewayTarget,
  api: ManagementApi,
  { identity: { name, expected, location }, control: { way, tool }, exchange, reached }: Tried,
): Promise<void> {
  const grant = expected === "refused" ? new Map() : expected;
  const granted = grantedTools(grant, tool.server, [tool.name]).length > 0;
  if (reached === granted && (granted || exchange.response !== undefined)) return;
  throw new CheckFailure({
    summary: reached
      ? `${name} calls ${tool.name} of ${tool.server}, which it is not granted`
      : `${name} cannot call ${tool.name} of ${tool.server}, which it is granted`,
    code: reached ? "call-without-grant" : "granted-call-fails",
    expected: granted ? `the answer of ${tool.server} that the master key gets` : `no answer of ${tool.server}`,
    actual: reached ? `an answer of ${tool.server} by ${way.way}` : statusOf(exchange),
    cause: reached
      ? "LiteLLM checks grants when it lists, and not when it calls; or the key's grant is wider than the policy says"
      : "the key's grant in LiteLLM is narrower than the policy says",
    ...(location === undefined ? {} : { location }),
    ...(reached ? await openedForAllKeys(gateway, api, tool.server) : {}),
    evidence: exchangeEvidence(exchange),
  });
}
