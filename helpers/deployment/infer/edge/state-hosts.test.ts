import { expect, test } from "vitest";
import type { PublishedPort } from "../../compose/types.ts";
import { parseRule } from "../../traefik/rules/rule.ts";
import type { Listening } from "./client-port.ts";
import type { EdgeMiddleware, EdgeRouter, EdgeView } from "./edge-view.ts";
import { askModel } from "./model-answer.ts";
import { hostCandidates, observeHost } from "./observe-hosts.ts";
import type { LiteLLMStatus } from "./state-access.ts";
import { type StatedHosts, stateHosts } from "./state-hosts.ts";

const entryPoints = [
  { name: "web", port: 80 },
  { name: "websecure", port: 443 },
];

function router(rule: string, own: Partial<Omit<EdgeRouter, "rule">> = {}): EdgeRouter {
  return {
    name: `r${rule.length}@docker`,
    rule: parseRule(rule),
    priority: rule.length,
    entryPoints: ["websecure"],
    tls: true,
    service: "litellm@docker",
    isLiteLLM: true,
    middlewares: [],
    ...own,
  };
}

function middleware(kind: string, options: Readonly<Record<string, string>>): EdgeMiddleware {
  return { name: `${kind}@docker`, kind, options: new Map(Object.entries(options)) };
}

const nobody = middleware("ipallowlist", { sourcerange: "192.0.2.1/32" });

async function stated(
  routers: readonly EdgeRouter[],
  statusOf: LiteLLMStatus = () => undefined,
  listening: Listening = { entryPoints, published: [] },
): Promise<StatedHosts> {
  const view: EdgeView = { routers, entryPoints: listening.entryPoints };
  const ask = askModel(view);
  const observed = await Promise.all(hostCandidates(view).map((host) => observeHost(view, host, ask)));
  return stateHosts(observed, {
    statusOf,
    listening,
    allowListOf: ({ name }) =>
      name.startsWith("ipallowlist")
        ? {
            location: { file: "compose.yaml", line: 9 },
            byVariable: name.includes("-by-variable") ? "${UI:-127.0.0.1/32}" : undefined,
          }
        : undefined,
    placeOf: ({ file, line }) => `${file}:${line}`,
    secretOf: (value) => (value === "Bearer sk-status" ? "STATUS_KEY" : undefined),
    serviceOf: (host) => (host === "authelia" ? "sso" : undefined),
  });
}

test("a host that is passed on as a whole is LiteLLM's to judge", async () => {
  const { hosts, injected } = await stated([router("Host(`ai.example.org`)")]);
  expect(hosts.map(({ value }) => value)).toEqual([
    {
      name: "ai.example.org",
      entry_point: "websecure",
      scheme: "https",
      zone: "external",
      access: [{ who: "litellm" }],
    },
  ]);
  expect(injected).toEqual([]);
});

test("paths of the host that other services answer are nobody's, with the run's answer: 502, or Traefik's own", async () => {
  const { hosts } = await stated([
    router("Host(`ai.example.org`)"),
    router("Host(`ai.example.org`) && PathPrefix(`/chat`)", { isLiteLLM: false, service: "webui@docker" }),
    router("Host(`ai.example.org`) && Path(`/ping`)", { isLiteLLM: false, service: "ping@internal" }),
  ]);
  expect(hosts.map(({ value, remarks }) => [value.access, remarks])).toEqual([
    [
      [
        { paths: ["/chat", "/chat/**"], who: "nobody", status: 502 },
        { paths: ["/ping"], who: "nobody", status: 200 },
        { who: "litellm" },
      ],
      ["Not LiteLLM's: Traefik sends /chat, /chat/** to webui@docker."],
    ],
  ]);
});

test("a host behind a name and a password is LiteLLM's all the same", async () => {
  const { hosts, others } = await stated([
    router("Host(`ai.example.org`)", { middlewares: [middleware("basicauth", { users: "a:b" })] }),
    router("Host(`home.example.org`)", { isLiteLLM: false, service: "home@docker" }),
  ]);
  expect(hosts.map(({ value, questions }) => [value.name, value.access, questions?.[0]])).toEqual([
    ["ai.example.org", [{ who: "nobody", status: 401 }], expect.stringContaining("a name and a password")],
  ]);
  expect(others).toEqual(["home.example.org"]);
});

test("an entry point that redirects everything is http, whatever routers with TLS are on it", async () => {
  const { hosts } = await stated([
    router("Host(`ai.example.org`)", { entryPoints: ["web", "websecure"] }),
    router("HostRegexp(`^.+$`)", {
      entryPoints: ["web"],
      tls: false,
      priority: Number.MAX_SAFE_INTEGER,
      service: "noop@internal",
      isLiteLLM: false,
      middlewares: [middleware("redirectscheme", { scheme: "https" })],
    }),
  ]);
  expect(hosts.map(({ value }) => [value.entry_point, value.scheme, value.access])).toEqual([
    ["web", "http", [{ who: "redirect", to: "https" }]],
    ["websecure", "https", [{ who: "litellm" }]],
  ]);
});

test("a redirect that leads to the request itself passes it on, and one to another host names that host", async () => {
  const own = [
    middleware("redirectscheme", { scheme: "https", permanent: "true" }),
    middleware("redirectregex", { regex: "^(http|https)?://(?:www\\.)?(.+)", replacement: "https://${2}" }),
  ];
  const { hosts } = await stated([
    router("Host(`ai.example.org`)", { middlewares: own }),
    router("Host(`www.ai.example.org`)", { middlewares: own }),
    router("Host(`ai.example.org`)", { middlewares: own, entryPoints: ["web"], tls: false }),
    router("Host(`ai.old.example`)", {
      middlewares: [
        middleware("redirectregex", {
          regex: "^https?://(?P<name>[^.]+)\\.old\\.example/(.*)",
          replacement: "https://$name.new.example/$2",
        }),
      ],
    }),
  ]);
  expect(hosts.map(({ value }) => [value.name, value.entry_point, value.access])).toEqual([
    ["ai.example.org", "websecure", [{ who: "litellm" }]],
    ["www.ai.example.org", "websecure", [{ who: "redirect", to: "https://ai.example.org/" }]],
    ["ai.example.org", "web", [{ who: "redirect", to: "https" }]],
    ["ai.old.example", "websecure", [{ who: "redirect", to: "https://ai.new.example/" }]],
  ]);
});

test("a split is stated in its short form", async () => {
  const { hosts, split } = await stated([
    router("Host(`ai.lan`) && (Path(`/ui`) || PathPrefix(`/ui/`) || Path(`/openapi.json`))", { priority: 9 }),
    router("Host(`ai.lan`) && HeaderRegexp(`Authorization`, `(?i)^Bearer .+$`)", { priority: 5 }),
    router("Host(`ai.lan`)", {
      priority: 1,
      middlewares: [
        middleware("headers", { "customresponseheaders.www-authenticate": "Bearer" }),
        middleware("ipallowlist", { sourcerange: "192.0.2.1/32", rejectstatuscode: "401" }),
      ],
    }),
  ]);
  expect(hosts.map(({ value }) => value)).toEqual([
    { name: "ai.lan", entry_point: "websecure", scheme: "https", zone: "internal" },
  ]);
  expect(split).toEqual({
    public: [
      { path: "/openapi.json", status: 200, why: "what the API documentation shows" },
      { path: "/ui", below: true, status: 307, why: "the UI's pages" },
    ],
    refusal: { status: 401, challenge: "Bearer" },
  });
});

test("an allow-list: what is listed reaches LiteLLM, everything else is refused", async () => {
  const { hosts } = await stated([
    router("Host(`api.example.dev`) && (Path(`/v1/models`) || Path(`/mcp/`) || Path(`/health/liveliness`))", {
      priority: 9,
    }),
    router("Host(`api.example.dev`)", { priority: 1, middlewares: [nobody] }),
  ]);
  expect(hosts[0]?.value.access).toEqual([
    {
      paths: ["/health/liveliness"],
      who: "anyone",
      status: 200,
      why: "tells a monitor that LiteLLM runs",
    },
    { paths: ["/mcp/", "/v1/models"], who: "litellm" },
    { who: "nobody", status: 403 },
  ]);
});

test("LiteLLM's own answers decide between open and guarded", async () => {
  const { hosts } = await stated(
    [
      router("Host(`api.example.dev`) && (Path(`/own`) || Path(`/guarded`))", { priority: 9 }),
      router("Host(`api.example.dev`)", { priority: 1, middlewares: [nobody] }),
    ],
    (path) => ({ "/own": 204, "/guarded": 401 })[path],
  );
  expect(hosts[0]?.value.access).toEqual([
    { paths: ["/guarded"], who: "litellm" },
    { paths: ["/own"], who: "anyone", status: 204 },
    { who: "nobody", status: 403 },
  ]);
  expect(hosts[0]?.questions).toContain("why may anyone reach /own?");
});

test("a forward-auth service in front, by its compose service", async () => {
  const login = middleware("forwardauth", {
    address: "http://authelia:9091/api/authz/forward-auth",
    authresponseheaders: "Remote-User,Remote-Groups",
  });
  const { hosts } = await stated([router("Host(`ai.example.net`)", { middlewares: [login] })]);
  expect(hosts[0]?.value.access).toEqual([{ who: "login", service: "sso", headers: ["Remote-User", "Remote-Groups"] }]);
});

test("an entry point that only redirects is a host of its own", async () => {
  const { hosts } = await stated([
    router("Host(`ai.example.org`)"),
    router("Host(`ai.example.org`)", {
      entryPoints: ["web"],
      tls: false,
      middlewares: [middleware("redirectscheme", { scheme: "https" })],
    }),
  ]);
  expect(hosts.map(({ value }) => [value.entry_point, value.scheme, value.access])).toEqual([
    ["websecure", "https", [{ who: "litellm" }]],
    ["web", "http", [{ who: "redirect", to: "https" }]],
  ]);
});

test("an injected key by its variable, for GET, on the hosts that its rule names", async () => {
  const key = middleware("headers", { "customrequestheaders.authorization": "Bearer sk-status" });
  const { injected, hosts } = await stated([
    router("Host(`ai.lan`) && Path(`/status`)", { priority: 9, middlewares: [key] }),
    router("Host(`ai.lan`) && HeaderRegexp(`Authorization`, `^Bearer .+`)", { priority: 5 }),
  ]);
  expect(injected.map(({ value }) => value)).toEqual([
    { path: "/status", hosts: ["ai.lan"], methods: ["GET"], secret: "STATUS_KEY" },
  ]);
  expect(hosts[0]?.value.access).toBeUndefined();
});

test("a key that is written into a label is stated under a name, never by its value", async () => {
  const key = middleware("headers", { "customrequestheaders.authorization": "Bearer sk-in-the-label" });
  const { injected } = await stated([
    router("Path(`/status`)", { priority: 99, middlewares: [key] }),
    router("Host(`ai.lan`)"),
    router("Host(`ai.example.org`)"),
  ]);
  expect(injected[0]?.value).toEqual({
    path: "/status",
    hosts: ["ai.lan"],
    methods: ["GET"],
    secret: "LITELLM_INJECTED_KEY",
  });
  expect(injected[0]?.questions).toHaveLength(2);
  expect(JSON.stringify(injected)).not.toContain("sk-in-the-label");
});

test("prefixes that also take look-alikes are one question of their host", async () => {
  const { hosts } = await stated([
    router("Host(`ai.lan`) && (PathPrefix(`/ui`) || PathPrefix(`/docs`))", { priority: 9 }),
    router("Host(`ai.lan`) && HeaderRegexp(`Authorization`, `^Bearer .+`)", { priority: 5 }),
  ]);
  expect(hosts[0]?.questions?.filter((question) => question.includes("also take"))).toEqual([
    expect.stringMatching(/^the rules for \S+, \S+ also take \S+x, \S+x: is that meant\? /),
  ]);
});

test("a prefix that also takes look-alikes is a question", async () => {
  const { hosts } = await stated([
    router("Host(`ai.lan`) && PathPrefix(`/ui`)", { priority: 9 }),
    router("Host(`ai.lan`) && HeaderRegexp(`Authorization`, `^Bearer .+`)", { priority: 5 }),
  ]);
  expect(hosts[0]?.questions?.[0]).toMatch(/^the rule for \/ui also takes \/uix/);
});

test("methods that a rule tells apart", async () => {
  const { hosts } = await stated([
    router("Host(`ai.lan`) && Path(`/v1/models`) && Method(`GET`)", { priority: 9 }),
    router("Host(`ai.lan`)", { priority: 1, middlewares: [nobody] }),
  ]);
  expect(hosts[0]?.value.access).toEqual([
    { paths: ["/v1/models"], methods: ["GET"], who: "litellm" },
    { who: "nobody", status: 403 },
  ]);
});

test("a host that leads elsewhere is not one of the gateway's", async () => {
  const { hosts, others } = await stated([
    router("Host(`ai.lan`)"),
    router("Host(`photos.lan`)", { service: "photos@docker", isLiteLLM: false }),
  ]);
  expect([hosts.map(({ value }) => value.name), others]).toEqual([["ai.lan"], ["photos.lan"]]);
});

test("of a router with TLS on two entry points, the one on the usual port is the first host", async () => {
  const location = { file: "compose.yaml", line: 1 };
  const published = [80, 443].map(
    (port): PublishedPort => ({ address: undefined, host: port, container: port, protocol: "tcp", location }),
  );
  const { hosts } = await stated(
    [
      router("Host(`ai.example.org`)", { entryPoints: ["web", "websecure"] }),
      router("Host(`home.example.org`)", { entryPoints: ["web"], tls: false }),
      router("Host(`home.example.org`)", { entryPoints: ["websecure"] }),
    ],
    undefined,
    { entryPoints, published },
  );
  expect(hosts.map(({ value: { name, entry_point, scheme, port } }) => [name, entry_point, scheme, port])).toEqual([
    ["ai.example.org", "websecure", "https", undefined],
    ["ai.example.org", "web", "https", 80],
    ["home.example.org", "web", "http", undefined],
    ["home.example.org", "websecure", "https", undefined],
  ]);
});

test("the port is stated where the scheme's own does not lead to the entry point", async () => {
  const location = { file: "compose.yaml", line: 1 };
  const onHost = (host: number, container: number): PublishedPort => ({
    host,
    container,
    protocol: "tcp",
    address: undefined,
    location,
  });
  const portOf = async (port: number, published: PublishedPort[]) => {
    const listening = { entryPoints: [{ name: "websecure", port }], published };
    const { hosts } = await stated([router("Host(`ai.example.org`)")], undefined, listening);
    return [hosts[0]?.value.port, hosts[0]?.questions?.length];
  };
  expect(await portOf(443, [onHost(443, 443)])).toEqual([undefined, 0]);
  expect(await portOf(8443, [onHost(443, 8443)])).toEqual([undefined, 0]);
  // A router of the house may lead 443 there, and behind a tunnel nothing is published.
  expect(await portOf(443, [onHost(8443, 443)])).toEqual([undefined, 0]);
  expect(await portOf(443, [])).toEqual([undefined, 0]);
  expect(await portOf(8443, [onHost(9443, 8443)])).toEqual([9443, 1]);
  // Only its host reaches it: something in front forwards to it.
  expect(await portOf(18_443, [])).toEqual([443, 1]);
  expect(await portOf(18_443, [{ ...onHost(18_443, 18_443), address: "127.0.0.1" }])).toEqual([443, 1]);
});

test("an entry point that is not published is left out where a published one serves the name, and stays elsewhere", async () => {
  const location = { file: "compose.yaml", line: 1 };
  const onHost = { protocol: "tcp" as const, address: undefined, location };
  const own = {
    entryPoints: [
      { name: "websecure", port: 443 },
      { name: "metrics", port: 8082 },
    ],
    published: [{ ...onHost, host: 443, container: 443 }],
  };
  const everywhere = router("Host(`ai.example.org`)", { name: "ai@docker", entryPoints: ["metrics", "websecure"] });
  const { hosts } = await stated([everywhere], undefined, own);
  expect(hosts.map(({ value }) => value.entry_point)).toEqual(["websecure"]);
  expect(hosts[0]?.remarks).toEqual([
    expect.stringContaining("router ai@docker also serves metrics:8082 to containers"),
  ]);
  expect(hosts[0]?.questions).toEqual([]);

  // A forwarder on the host may lead there.
  const onLoopback = { ...onHost, address: "127.0.0.1", host: 8082, container: 8082 };
  const forwarded = await stated([everywhere], undefined, { ...own, published: [...own.published, onLoopback] });
  expect(forwarded.hosts.map(({ value }) => value.entry_point)).toEqual(["websecure", "metrics"]);
  const alone = await stated([router("Host(`ai.example.org`)", { entryPoints: ["metrics"] })], undefined, own);
  expect(alone.hosts.map(({ value }) => value.entry_point)).toEqual(["metrics"]);
  // Nothing is published where a tunnel leads to Traefik.
  const tunnel = await stated([everywhere], undefined, { ...own, published: [] });
  expect(tunnel.hosts.map(({ value }) => value.entry_point)).toEqual(["websecure", "metrics"]);
});

test("an allow list is a question, unless it is made for nobody", async () => {
  const list = (sourcerange: string, name = "ipallowlist@docker"): EdgeMiddleware => ({
    ...middleware("ipallowlist", { sourcerange }),
    name,
  });
  const questionsOf = async (one: EdgeMiddleware, own: Partial<EdgeRouter> = {}) => {
    const { hosts } = await stated([router("Host(`ai.example.org`)", { middlewares: [one], ...own })]);
    return hosts[0]?.questions;
  };
  expect(await questionsOf(list("10.0.0.0/8,172.16.0.0/12"))).toEqual([
    "which clients is ipallowlist@docker (compose.yaml:9) meant to let in? It lets in 10.0.0.0/8, 172.16.0.0/12. The run's " +
      "clients have addresses of docker's networks, so `access` may not be what yours get",
  ]);
  expect(await questionsOf(list("127.0.0.1/32", "ipallowlist-by-variable@docker"))).toEqual([
    expect.stringContaining("It lets in 127.0.0.1/32, which is `${UI:-127.0.0.1/32}` in the file"),
  ]);
  expect(await questionsOf(list("192.0.2.1/32, 2001:db8::1"))).toEqual([]);
  expect(await questionsOf(list("0.0.0.0/0"))).toEqual([]);
});

test("a rule that takes every private network takes a run's clients, and its ranges are asked for", async () => {
  const wholeLan = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
    .map((range) => `ClientIP(\`${range}\`)`)
    .join(" || ");
  const accessOf = async (clients: string) => {
    const { hosts } = await stated([router(`Host(\`ai.lan\`) && (${clients})`)]);
    return hosts.map(({ value, questions }) => [
      value.access?.map(({ who, status }) => ({ who, status })),
      questions?.at(-1),
    ]);
  };
  expect(await accessOf(wholeLan)).toEqual([
    [
      [{ who: "litellm", status: undefined }],
      expect.stringMatching(
        /^which clients is the rule of r\d+@docker meant to let in\? It lets in 10\.0\.0\.0\/8, 172\./,
      ),
    ],
  ]);
  const refused = [{ who: "nobody", status: 404 }];
  expect(await accessOf("ClientIP(`10.0.0.0/8`)")).toEqual([
    [refused, expect.stringContaining("It lets in 10.0.0.0/8")],
  ]);
  expect(await accessOf(`!(${wholeLan})`)).toEqual([[refused, undefined]]);
});

test("an allow list of every private network lets in a run's clients, unless it judges X-Forwarded-For", async () => {
  const accessOf = async (options: Readonly<Record<string, string>>) => {
    const middlewares = [middleware("ipallowlist", options)];
    const { hosts } = await stated([router("Host(`ai.example.org`)", { middlewares })]);
    return hosts[0]?.value.access?.map(({ who, status }) => ({ who, status }));
  };
  const sourcerange = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16";
  const refused = [{ who: "nobody", status: 403 }];
  expect(await accessOf({ sourcerange })).toEqual([{ who: "litellm", status: undefined }]);
  expect(await accessOf({ sourcerange: "10.0.0.0/8" })).toEqual(refused);
  expect(await accessOf({ sourcerange, "ipstrategy.depth": "1" })).toEqual(refused);
  expect(await accessOf({ sourcerange, "ipstrategy.excludedips": "10.0.0.1" })).toEqual(refused);
});
