import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { writtenFolder } from "../source/written-folder.ts";

interface Placed {
  version?: string;
  customAuth?: string;
  /** The module's path in the container. */
  mountedAt: string;
  more?: string;
}

/** The module that is found, and the faults, of a LiteLLM whose config is /etc/litellm/config.yaml. */
function read({ version = "1.106.2", customAuth = "keys.authenticate", mountedAt, more = "" }: Placed): {
  module: string | undefined;
  faults: string[];
} {
  using deployment = writtenFolder({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v${version}
    command: --config /etc/litellm/config.yaml
    volumes: ["./config.yaml:/etc/litellm/config.yaml", "./keys.py:${mountedAt}"]
${more}`,
    "config.yaml": `general_settings:
  master_key: sk-a-long-master-key
  custom_auth: ${customAuth}
`,
    "keys.py": "async def authenticate(request, api_key):\n    raise Exception()\n",
  });
  const facts = readFacts(deployment.folder);
  const module = facts.liteLLM()?.config.customAuthFile?.replace(`${deployment.folder}/`, "");
  return { module, faults: facts.faults.faults.map(({ line, what, fix }) => `${line}: ${what}; ${fix}`) };
}

test.each<[string, Placed]>([
  ["next to the config", { mountedAt: "/etc/litellm/keys.py" }],
  ["next to the config, by 1.77.1", { mountedAt: "/etc/litellm/keys.py", version: "1.77.1" }],
  ["in the image's working directory", { mountedAt: "/app/keys.py" }],
  ["in the service's working directory", { mountedAt: "/srv/keys.py", more: "    working_dir: /srv\n" }],
  ["on PYTHONPATH", { mountedAt: "/opt/keys.py", more: "    environment: { PYTHONPATH: '/lib:/opt' }\n" }],
  ["in a package there", { mountedAt: "/app/own/keys.py", customAuth: "own.keys.authenticate" }],
])("LiteLLM finds the module of custom_auth %s", (_, placed) => {
  expect(read(placed)).toEqual({ module: "keys.py", faults: [] });
});

test("1.77.1 looks for it next to the config only", () => {
  expect(read({ mountedAt: "/app/keys.py", version: "1.77.1" }).faults).toEqual([
    "3: custom_auth is in /etc/litellm/keys.py, which is not on a bind mount of 'litellm'; " +
      "mount the module there: LiteLLM looks next to its config only",
  ]);
});

test.each([
  [
    "https://api.example.com/auth",
    /^3: custom_auth is 'https:\/\/api\.example\.com\/auth', expected module\.function;/,
  ],
  ["keys.authenticate(", /^3: custom_auth is 'keys\.authenticate\(', expected module\.function;/],
  ["s3://bucket/keys.authenticate", /^3: custom_auth is at s3:\/\/bucket\/keys\.authenticate, which no run can fetch;/],
  ["others.authenticate", /^3: custom_auth is in \/etc\/litellm\/others\.py, .* on PYTHONPATH$/],
])("custom_auth %s is a fault", (customAuth, fault) => {
  expect(read({ mountedAt: "/app/keys.py", customAuth }).faults).toEqual([expect.stringMatching(fault)]);
});

test("a module of LiteLLM's own package needs no mount", () => {
  const customAuth = "litellm.proxy.example_config_yaml.custom_auth_basic.user_api_key_auth";
  expect(read({ mountedAt: "/app/keys.py", customAuth })).toEqual({ module: undefined, faults: [] });
});
