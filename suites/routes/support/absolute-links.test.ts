import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { type Patch, patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import type { Exchange, HeaderLines } from "../../../helpers/protocol/exchange.ts";
import { absoluteLinks, leadsTo } from "./absolute-links.ts";

const internal = "litellm.linuxserver.lan";
const external = "litellm.ai-servicers.com";

function answer(headers: HeaderLines, body = ""): Exchange {
  return {
    id: "1",
    at: "",
    request: { method: "GET", url: `http://${internal}/`, headers: [], body: undefined },
    response: { status: 200, headers, body, headAfter: 1, endAfter: 1 },
    error: undefined,
  };
}

test.for<[string, Exchange, string[]]>([
  ["a redirect without a host", answer([["Location", "/ui/"]]), []],
  ["a redirect", answer([["Location", "http://172.18.0.3:4000/ui/"]]), ["http://172.18.0.3:4000/ui/"]],
  [
    "the way back from an identity provider",
    answer([["Location", "https://id.example/auth?redirect_uri=http%3A%2F%2Flitellm%3A4000%2Fsso%2Fcallback"]]),
    [
      "https://id.example/auth?redirect_uri=http%3A%2F%2Flitellm%3A4000%2Fsso%2Fcallback",
      "http://litellm:4000/sso/callback",
    ],
  ],
  [
    "a challenge",
    answer([["WWW-Authenticate", 'Bearer resource_metadata="http://litellm:4000/.well-known/x"']]),
    ["http://litellm:4000/.well-known/x"],
  ],
  [
    "a page: what is loaded, not what a person may click",
    answer(
      [["Content-Type", "text/html"]],
      '<a href="http://localhost:4000/">example</a> <form class="f" action="http://litellm:4000/login" method="post"> <script src="/ui/a.js">',
    ),
    ["http://litellm:4000/login"],
  ],
  [
    "the UI's configuration, with an address that lacks its scheme",
    answer([["Content-Type", "application/json"]], '{"server_root_path":"/","proxy_base_url":"litellm.lan"}'),
    ["litellm.lan"],
  ],
  ["the UI's configuration without one", answer([["Content-Type", "application/json"]], '{"proxy_base_url":null}'), []],
])("the addresses that are followed: %s", ([, exchange, links]) => {
  expect(absoluteLinks(exchange).map(({ to }) => to)).toEqual(links);
});

const base = (value: string): Patch[] => [
  {
    file: "compose.yaml",
    find: "      DOCS_URL: /docs\n",
    replace: `      DOCS_URL: /docs\n      PROXY_BASE_URL: ${value}\n`,
  },
];

test.for<[string, string, string, ReturnType<typeof leadsTo>, Patch[]?]>([
  ["the same host", internal, `http://${internal}/ui/`, "own"],
  ["its default port, written out", external, `https://${external}:443/ui/`, "own"],
  ["the public host, for a client of the internal one", internal, `https://${external}/ui/`, "another-host"],
  ["the internal host, for a client from outside", external, `http://${internal}/ui/`, "elsewhere"],
  ["the same host without TLS", external, `http://${external}/ui/`, "elsewhere"],
  ["another port of the host", internal, `http://${internal}:4000/ui/`, "elsewhere"],
  ["the address of a container", internal, "http://172.18.0.3:4000/ui/", "elsewhere"],
  ["a name that only containers know", internal, "http://litellm:4000/ui/", "elsewhere"],
  ["no URL", internal, "litellm.lan", "elsewhere"],
  ["an identity provider", external, "https://id.example/auth", "own"],
  [
    "a base address that the policy does not know",
    external,
    "https://ai.example/",
    "elsewhere",
    base("https://ai.example"),
  ],
  [
    "an identity provider, next to a base address",
    external,
    "https://id.example/",
    "own",
    base(`https://${external}/`),
  ],
])("where clients can go: %s", async ([, name, to, verdict, patches = []]) => {
  using copy = patchedCopy("deployments/reference", patches);
  const deployment = await loadDeployment(copy.folder);
  const host = deployment.policy.hosts.find((one) => one.name === name);
  if (host === undefined) throw new Error(`the reference has no host ${name}`);
  expect(leadsTo(to, host, deployment)).toBe(verdict);
});

test("without Traefik, a base address with TLS is that of a proxy elsewhere; one without TLS, or of another name, is not", async () => {
  const { litellm, ...rest } = await loadDeployment("deployments/examples/direct");
  const [host] = rest.policy.hosts;
  if (host === undefined) throw new Error("the example names no host");
  const { location } = host;
  const to = (url: string): string => {
    const environment = new Map([...litellm.environment, ["PROXY_BASE_URL", { value: url, location }]]);
    return leadsTo(`${url}/ui/`, host, { ...rest, litellm: { ...litellm, environment } } as Deployment);
  };
  expect(to(`https://${host.name}`)).toBe("another-host");
  expect(to(`http://${host.name}:8443`)).toBe("elsewhere");
  expect(to("https://ai.example")).toBe("elsewhere");
});
