import { relative } from "node:path";
import { expect, test } from "vitest";
import { placeAtHost } from "../../../../helpers/deployment/clients/host-place.ts";
import { machineOfAddress, servicesOfClients } from "../../../../helpers/deployment/clients/service-place.ts";
import { loadDeployment } from "../../../../helpers/deployment/load.ts";
import { outlineOf } from "../../../../helpers/deployment/outline.ts";
import { patchedCopy } from "../../../../helpers/deployment/source/patched-copy.ts";
import { settingsOfClients } from "./client-settings.ts";
import { endpointFaults } from "./endpoint-faults.ts";

const canary = "sk-canary-of-the-run";
const key = "$" + "{LITELLM_CLIENT_KEY}";
const direct = "http://litellm:4000/v1";

interface WebUi {
  url?: string;
  /** The value of OPENAI_API_KEYS. */
  keys?: string;
  network?: string;
}

/** The reference with an Open WebUI in a service, and the run's canary as its key. */
async function withService<T>(
  { url = direct, keys = key, network = "traefik-net" }: WebUi,
  use: (deployment: Awaited<ReturnType<typeof loadDeployment>>) => T,
): Promise<T> {
  const service = `  chat:
    image: ghcr.io/open-webui/open-webui:main
    networks: [${network}]
    extra_hosts: ["machine:host-gateway"]
    environment:
      OPENAI_API_BASE_URLS: ${url}
      OPENAI_API_KEYS: ${keys}

networks:
  lonely-net: {}
  traefik-net:
    name`;
  using copy = patchedCopy("deployments/reference", [
    { file: "compose.yaml", find: "\nnetworks:\n  traefik-net:\n    name", replace: `\n${service}` },
    {
      file: "policy.yaml",
      find: "from: traefik-network, config: clients/open-webui.env",
      replace: "service: chat",
    },
    {
      file: "policy.yaml",
      find: "may_be_in: [litellm.environment, client.environment]",
      replace: "may_be_in: [litellm.environment, client.environment, chat.environment]",
    },
  ]);
  return use(await loadDeployment(copy.folder, { replace: new Map([["LITELLM_CLIENT_KEY", canary]]) }));
}

/** `file:line: what` of every fault of the service's settings. */
async function faultsOf(settings: WebUi): Promise<string[]> {
  return await withService(settings, (deployment) =>
    settingsOfClients(deployment)
      .filter(({ client }) => client.kind === "open-webui")
      .flatMap((found) => [...found.faults, ...endpointFaults(found, deployment, { redirectsWithoutSlash: true })])
      .map(({ what, location }) => `${relative(deployment.folder, location.file)}:${location.line}: ${what}`),
  );
}

test("the environment of a service is read with the run's key, and its address has no fault", async () => {
  await withService({}, (deployment) => {
    const found = settingsOfClients(deployment).find(({ client }) => client.kind === "open-webui");
    expect(found?.client).toMatchObject({ from: "service", service: "chat", config: undefined });
    expect(found?.endpoints).toMatchObject([
      { for: "model", url: direct, keyVariable: "LITELLM_CLIENT_KEY", keyText: canary },
    ]);
    expect(outlineOf(deployment).clients.at(-1)).toEqual({
      name: "open-webui",
      kind: "open-webui",
      config: "environment of the service chat",
      addresses: [direct],
    });
    expect(servicesOfClients(deployment).map((service) => service.key)).toEqual(["chat"]);
  });
  expect(await faultsOf({})).toEqual([]);
});

test.each([
  ["LiteLLM without /v1", { url: "http://litellm:4000" }],
  ["a host of the policy, by Traefik's alias", { url: "http://litellm.linuxserver.lan/v1" }],
  ["another provider next to the gateway", { url: `http://ollama:11434/v1;${direct}`, keys: `none;${key}` }],
])("%s has no fault", async (_, settings) => {
  expect(await faultsOf(settings)).toEqual([]);
});

test.each([
  [{ url: "http://litellm:4001/v1" }, /^compose\.yaml:\d+: .*litellm listens on port 4000, not on port 4001/],
  [{ url: "http://litellm:4000/api/v1" }, /the model's API is at \/v1/],
  [{ url: "http://litelm:4000/v1" }, /litelm is neither a name of litellm nor one of the policy's hosts/],
  [{ url: "http://traefik/v1" }, /traefik is the service traefik, and neither litellm nor a host/],
  [{ url: "http://litellm.linuxserver.lan:8081/v1" }, /traefik listens on port .*, not on port 8081/],
  [{ network: "lonely-net" }, /chat and litellm share no network, so that litellm leads nowhere/],
  [{ keys: "" }, /no key is sent/],
  [{ keys: "sk-in-the-file-000000" }, /the key comes from no variable that the policy lists under 'secrets'/],
  [{ keys: "$" + "{LITELLM_MASTER_KEY}" }, /does not let the service chat have LITELLM_MASTER_KEY/],
  [{ keys: `${key};second` }, /OPENAI_API_KEYS has 2 keys, and OPENAI_API_BASE_URLS 1 addresses/],
] as const)("%o: cause", async (settings, fault) => {
  const faults = await faultsOf(settings);
  expect(
    faults.some((text) => fault.test(text)),
    faults.join("\n"),
  ).toBe(true);
});

test.each(["machine", "host.docker.internal", "host.containers.internal", "192.168.1.10"])(
  "%s is the host itself: LiteLLM's port there is asked, and any other port is neither a fault nor asked",
  async (host) => {
    const [published, other] = [`http://${host}:4000/v1`, `http://${host}:4001/v1`];
    expect(await faultsOf({ url: published })).toEqual([]);
    expect(await faultsOf({ url: `http://${host}:4000/api` })).toEqual([
      expect.stringMatching(/the model's API is at \/v1$/),
    ]);
    expect(await faultsOf({ url: other })).toEqual([]);
    await withService({}, (deployment) => {
      const client = deployment.policy.clients.find(({ service }) => service !== undefined);
      if (client === undefined) throw new Error("no client is in a service");
      expect(placeAtHost(deployment, client, published)).toMatchObject({ leadsTo: "gateway", url: direct });
      expect(placeAtHost(deployment, client, other)).toMatchObject({ leadsTo: "elsewhere" });
      expect(placeAtHost(deployment, client, direct)).toBeUndefined();
      // A container's loopback is its own.
      expect(placeAtHost(deployment, client, "http://localhost:4000/v1")).toBeUndefined();
    });
  },
);

test("a client in a service asks from its networks, but for a host that they have no name for", async () => {
  await withService({}, (deployment) => {
    const client = deployment.policy.clients.find(({ service }) => service !== undefined);
    if (client === undefined) throw new Error("no client is in a service");
    const from = (url: string): string | undefined => machineOfAddress(deployment, client, url);
    expect(from(direct)).toBe("client-chat");
    expect(from("http://litellm.linuxserver.lan/v1")).toBe("client-chat");
    // Nothing in the files says where the external name leads to.
    expect(from("https://litellm.ai-servicers.com/v1")).toBeUndefined();
    expect(from("http://litelm:4000/v1"), "a name that leads nowhere must not be asked elsewhere").toBe("client-chat");
    for (const other of deployment.policy.clients.filter(({ service }) => service === undefined))
      expect(machineOfAddress(deployment, other, direct)).toBeUndefined();
  });
});
