import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { DeploymentError, faultLine, type InputFault } from "../core/errors.ts";
import { loadDeployment } from "./load.ts";
import { type Patch, patchedCopy } from "./source/patched-copy.ts";

const reference = resolve(import.meta.dirname, "../../deployments/reference");

/** The faults of a patched copy of the reference, with paths relative to the copy. */
async function faultsOf(
  patches: readonly Patch[],
): Promise<{ faults: InputFault[]; lineOf: (file: string, text: string) => number }> {
  using copy = patchedCopy(reference, patches);
  const { folder } = copy;
  const texts = new Map<string, string>();
  const remember = (file: string): void => {
    try {
      texts.set(file, readFileSync(join(folder, file), "utf8"));
    } catch {
      // The patch removed it.
    }
  };
  for (const file of [
    "policy.yaml",
    "compose.yaml",
    "litellm.env.example",
    "litellm/config.yaml",
    "litellm/scoped_keys.py",
    "clients/codex/config.toml",
  ])
    remember(file);
  const lineOf = (file: string, text: string): number => {
    const lines = (texts.get(file) ?? "").split("\n");
    const found = lines.flatMap((line, index) => (line.includes(text) ? [index + 1] : []));
    const [line] = found;
    if (line === undefined || found.length > 1) throw new Error(`'${text}' is in ${found.length} lines of ${file}`);
    return line;
  };
  try {
    await loadDeployment(folder);
  } catch (error) {
    if (!(error instanceof DeploymentError)) throw error;
    const faults = error.faults.map((fault) => ({ ...fault, file: fault.file.replace(`${folder}/`, "") }));
    return { faults, lineOf };
  }
  return { faults: [], lineOf };
}

interface Broken {
  name: string;
  patches: Patch[];
  /** File of the fault. */
  file: string;
  /** Text of the one line (after the patch) that the fault must name; undefined for a fault of the whole file. */
  at: string | undefined;
  what: RegExp;
  fix?: RegExp;
  /** Total number of faults; 1 unless a mistake shows in two files. */
  faults?: number;
}

const compose = (find: string, replace: string): Patch => ({ file: "compose.yaml", find, replace });
const policy = (find: string, replace: string): Patch => ({ file: "policy.yaml", find, replace });
const litellm = (find: string, replace: string): Patch => ({ file: "litellm/config.yaml", find, replace });
const env = (find: string, replace: string): Patch => ({ file: "litellm.env.example", find, replace });
const codex = (find: string, replace: string): Patch => ({ file: "clients/codex/config.toml", find, replace });

const router = "traefik.http.routers.litellm-bearer";

const broken: Broken[] = [
  // Files
  {
    name: "no policy",
    patches: [{ file: "policy.yaml", remove: true }],
    file: "policy.yaml",
    at: undefined,
    what: /is missing/,
  },
  {
    name: "no compose file",
    patches: [{ file: "compose.yaml", remove: true }],
    file: "compose.yaml",
    at: undefined,
    what: /is missing/,
  },
  {
    name: "no env file",
    patches: [{ file: "litellm.env.example", remove: true }],
    file: "litellm.env",
    at: undefined,
    what: /is missing/,
    fix: /\.example/,
    faults: 2,
  },
  {
    name: "no client config",
    patches: [{ file: "clients/codex/config.toml", remove: true }],
    file: "clients/codex/config.toml",
    at: undefined,
    what: /is missing/,
    fix: /'codex'/,
  },
  {
    name: "a directory in place of a file",
    patches: [{ directory: "policy.yaml" }],
    file: "policy.yaml",
    at: undefined,
    what: /is a directory/,
  },
  {
    name: "an empty policy",
    patches: [{ file: "policy.yaml", write: "" }],
    file: "policy.yaml",
    at: undefined,
    what: /is empty/,
  },
  {
    name: "two compose files",
    patches: [{ file: "docker-compose.yml", write: "services: {}\n" }],
    file: "docker-compose.yml",
    at: undefined,
    what: /is next to compose\.yaml/,
  },
  {
    name: "UTF-16",
    patches: [{ file: "policy.yaml", write: Buffer.from("\uFEFFhosts: []\n", "utf16le") }],
    file: "policy.yaml",
    at: "",
    what: /UTF-16/,
    fix: /UTF-8/,
  },
  {
    name: "bytes that are not UTF-8",
    patches: [
      { file: "litellm.env.example", write: Buffer.concat([Buffer.from("# one\nA=1\nB="), Buffer.from([0xe9, 0x0a])]) },
    ],
    file: "litellm.env.example",
    at: "B=",
    what: /not UTF-8/,
    fix: /UTF-8/,
    faults: 2,
  },
  {
    name: "a huge file",
    patches: [{ file: "policy.yaml", write: "# a\n".repeat(300_000) }],
    file: "policy.yaml",
    at: undefined,
    what: /1024 KiB/,
  },

  // YAML
  {
    name: "a tab",
    patches: [compose("    restart: unless-stopped\n    command:\n", "\trestart: unless-stopped\n    command:\n")],
    file: "compose.yaml",
    at: "\trestart",
    what: /tab/,
    fix: /spaces/,
    faults: 7,
  },
  {
    name: "a bracket that is never closed",
    patches: [litellm('args: ["--access-mode=restricted"]', 'args: ["--access-mode=restricted"')],
    file: "litellm/config.yaml",
    at: "env:",
    what: /broken YAML/,
  },
  {
    name: "an unknown anchor",
    patches: [compose("logging: *logging\n    labels", "logging: *loging\n    labels")],
    file: "compose.yaml",
    at: "*loging",
    what: /'\*loging' names no anchor/,
    faults: 2,
  },
  {
    name: "an anchor that contains itself",
    patches: [
      compose("x-logging: &logging\n  driver: json-file", "x-logging: &logging\n  driver: json-file\n  more: *logging"),
    ],
    file: "compose.yaml",
    at: "more: *logging",
    what: /contains itself/,
    faults: 4,
  },
  {
    name: "a key twice",
    patches: [compose("    image: postgres:17\n", "    image: postgres:17\n    image: postgres:16\n")],
    file: "compose.yaml",
    at: "image: postgres:16",
    what: /'image' is set a second time \(first in line \d+\)/,
  },
  {
    name: "two documents",
    patches: [policy("mcp:\n", "---\nmcp:\n")],
    file: "policy.yaml",
    at: "---",
    what: /more than one YAML document/,
  },
  {
    name: "an unknown tag",
    patches: [compose("    networks: [data-net]\n    healthcheck", "    networks: !reset [data-net]\n    healthcheck")],
    file: "compose.yaml",
    at: "!reset",
    what: /tag/i,
  },

  // Compose
  {
    name: "an unknown key at the top",
    patches: [compose("networks:\n  traefik-net:\n    name", "network:\n  traefik-net:\n    name")],
    file: "compose.yaml",
    at: "nowhere",
    what: /unknown key 'network'/,
    fix: /'networks'/,
    faults: 6,
  },
  {
    name: "an unknown key in a service",
    patches: [compose("    depends_on: [postgres]", "    depend_on: [postgres]")],
    file: "compose.yaml",
    at: "depend_on",
    what: /unknown key 'depend_on' in services\.litellm/,
    fix: /write 'depends_on'/,
  },
  {
    name: "an unknown key in a nested section",
    patches: [compose("      retries: 5", "      retry: 5")],
    file: "compose.yaml",
    at: "retry: 5",
    what: /unknown key 'retry' in services\.postgres\.healthcheck/,
    fix: /retries/,
  },
  {
    name: "an unknown key in a network of a service",
    patches: [compose("        aliases: [litellm.linuxserver.lan]", "        alias: [litellm.linuxserver.lan]")],
    file: "compose.yaml",
    at: "alias: [",
    what: /unknown key 'alias' in services\.traefik\.networks\.traefik-net/,
    fix: /aliases/,
  },
  {
    name: "build",
    patches: [compose("    image: postgres:17\n", "    image: postgres:17\n    build: .\n")],
    file: "compose.yaml",
    at: "build: .",
    what: /'build' in services\.postgres is not supported/,
    fix: /image/,
  },
  {
    name: "no image",
    patches: [compose("    image: postgres:17\n", "")],
    file: "compose.yaml",
    at: "nowhere",
    what: /'image' is missing in services\.postgres/,
  },
  {
    name: "a port that is not a number",
    patches: [compose('"4000:4000"', '"4000:http"')],
    file: "compose.yaml",
    at: '"4000:http"',
    what: /not a port/,
  },
  {
    name: "a host port twice",
    patches: [compose('"4000:4000"', '"80:4000"')],
    file: "compose.yaml",
    at: '"80:4000"',
    what: /port 80\/tcp of the host is published a second time \(by traefik/,
  },
  {
    name: "an undeclared network",
    patches: [
      compose("networks: [traefik-net, provider-net, data-net]", "networks: [traefik-net, provider-net, data_net]"),
    ],
    file: "compose.yaml",
    at: "data_net",
    what: /names 'data_net', which is not declared/,
    fix: /write 'data-net'/,
  },
  {
    name: "an undeclared volume",
    patches: [compose("- mcp-files:/srv", "- mcp-fils:/srv")],
    file: "compose.yaml",
    at: "mcp-fils",
    what: /volume 'mcp-fils' is not declared/,
    fix: /write 'mcp-files'/,
  },
  {
    name: "a mounted file that is missing",
    patches: [{ file: "litellm/scoped_keys.py", remove: true }],
    file: "compose.yaml",
    at: "./litellm/scoped_keys.py",
    what: /mounted but missing/,
    faults: 2,
  },
  {
    name: "depends_on a service that does not exist",
    patches: [compose("depends_on: [postgres]", "depends_on: [postgresql]")],
    file: "compose.yaml",
    at: "depends_on: [postgresql]",
    what: /'postgresql', which is not a service/,
    fix: /write 'postgres'/,
  },
  {
    name: "a missing env file of a service",
    patches: [compose("env_file: litellm.env", "env_file: litelm.env")],
    file: "compose.yaml",
    at: "env_file: litelm.env",
    what: /'litelm\.env' is missing/,
    faults: 6,
  },
  {
    name: "a variable without value",
    patches: [compose("      DOCS_URL: /docs", "      DOCS_URL:")],
    file: "compose.yaml",
    at: "      DOCS_URL:",
    what: /DOCS_URL has no value: compose would take it from the shell/,
  },
  {
    name: "an unset variable",
    patches: [compose("${POSTGRES_PASSWORD}", "${POSTGRES_PASWORD}")],
    file: "compose.yaml",
    at: "POSTGRES_PASWORD",
    what: /'POSTGRES_PASWORD' is not set/,
    fix: /write 'POSTGRES_PASSWORD'/,
  },
  {
    name: "an unset variable deep in a folded text",
    patches: [compose("|| Path(`/openapi.json`)", "|| Path(`${WHERE}`)")],
    file: "compose.yaml",
    at: "nowhere",
    what: /'WHERE' is not set/,
    faults: 4,
  },
  {
    name: "a single dollar",
    patches: [
      compose(
        "Host(`litellm.linuxserver.lan`) && HeaderRegexp(`Authorization`, `(?i)^Bearer +\\S+$$`)",
        "Host(`litellm.linuxserver.lan`) && HeaderRegexp(`Authorization`, `(?i)^Bearer +\\S+$`)",
      ),
    ],
    file: "compose.yaml",
    at: "S+$`)",
    what: /single '\$'/,
    fix: /'\$\$'/,
  },
  {
    name: "a quote in a command",
    patches: [
      compose(
        'command: ["--config", "/app/config.yaml", "--port", "4000"]',
        "command: --config '/app/config.yaml --port 4000",
      ),
    ],
    file: "compose.yaml",
    at: "command: --config",
    what: /never closed/,
    faults: 2,
  },

  // Traefik's command
  {
    name: "an unknown option of Traefik",
    patches: [compose("--accessLog=true", "--accesLog=true")],
    file: "compose.yaml",
    at: "--accesLog",
    what: /unknown option '--accesLog'/,
    fix: /write 'accessLog'/,
  },
  {
    name: "an unknown option of an entry point",
    patches: [
      compose(
        "      - --accessLog=true",
        "      - --accessLog=true\n      - --entryPoints.web.forwardHeaders.insecure=true",
      ),
    ],
    file: "compose.yaml",
    at: "forwardHeaders",
    what: /unknown option/,
    fix: /write 'forwardedHeaders'/,
  },
  {
    name: "an unknown option deep in a section",
    patches: [
      compose(
        "--entryPoints.web.address=:80",
        "--entryPoints.web.address=:80\n      - --entryPoints.web.http.maxHeaderByte=1",
      ),
    ],
    file: "compose.yaml",
    at: "maxHeaderByte",
    what: /unknown option '--entryPoints\.web\.http\.maxHeaderByte' of Traefik/,
    fix: /write 'maxHeaderBytes'/,
  },
  {
    name: "a static file",
    patches: [compose("--accessLog=true", "--configFile=/etc/traefik.yml")],
    file: "compose.yaml",
    at: "--configFile",
    what: /'--configFile' is not supported/,
    fix: /into the command/,
  },
  {
    name: "no docker provider",
    patches: [
      compose(
        "      - --providers.docker=true\n      - --providers.docker.exposedByDefault=false\n      - --providers.docker.network=traefik-net\n",
        "",
      ),
    ],
    file: "compose.yaml",
    at: "  traefik:",
    what: /docker provider is not on/,
  },

  // Labels
  {
    name: "an unknown option of a router",
    patches: [compose(`${router}.entrypoints`, `${router}.entrypoint`)],
    file: "compose.yaml",
    at: `${router}.entrypoint:`,
    what: /unknown label '.*': 'entrypoint'/,
    fix: /traefik\.http\.routers\.litellm-bearer\.entrypoints/,
  },
  {
    name: "an unknown kind of middleware",
    patches: [compose("litellm-nobody.ipallowlist.sourcerange", "litellm-nobody.ipalowlist.sourcerange")],
    file: "compose.yaml",
    at: "ipalowlist",
    what: /unknown label/,
    fix: /ipallowlist/,
  },
  {
    name: "a root that is not Traefik's",
    patches: [compose("      traefik.enable:", "      trafik.enable:")],
    file: "compose.yaml",
    at: "trafik.enable",
    what: /not Traefik's/,
    faults: 2,
  },
  {
    name: "an enable that is neither true nor false",
    patches: [compose('traefik.enable: "true"', 'traefik.enable: "yes"')],
    file: "compose.yaml",
    at: "traefik.enable",
    what: /neither true nor false/,
    faults: 2,
  },
  {
    name: "a rule that does not parse",
    patches: [
      compose(
        "Host(`litellm.linuxserver.lan`) && Method(`GET`) && Path",
        "Host(`litellm.linuxserver.lan`) & Method(`GET`) && Path",
      ),
    ],
    file: "compose.yaml",
    at: "litellm-status.rule",
    what: /router 'litellm-status' does not parse: column 33: '&'/,
    fix: /&&/,
  },
  {
    name: "an unknown matcher",
    patches: [compose("Method(`GET`) && Path(`/sch", "Methods(`GET`) && Path(`/sch")],
    file: "compose.yaml",
    at: "litellm-status.rule",
    what: /'Methods' is not a matcher/,
    fix: /write Method/,
  },
  {
    name: "a lookahead",
    patches: [
      compose(
        "Host(`litellm.linuxserver.lan`) && HeaderRegexp(`Authorization`, `(?i)^Bearer +\\S+$$`)",
        "Host(`litellm.linuxserver.lan`) && HeaderRegexp(`Authorization`, `^(?!Basic).+`)",
      ),
    ],
    file: "compose.yaml",
    at: `${router}.rule`,
    what: /no lookaround/,
    fix: /RE2/,
  },
  {
    name: "an undefined middleware",
    patches: [compose("middlewares: litellm-status-key", "middlewares: litellm-status-ky")],
    file: "compose.yaml",
    at: "litellm-status-ky",
    what: /middleware 'litellm-status-ky', which no label defines/,
    fix: /write 'litellm-status-key'/,
  },
  {
    name: "an undefined service",
    patches: [compose(`${router}.service: litellm`, `${router}.service: litelm`)],
    file: "compose.yaml",
    at: "litelm",
    what: /service 'litelm', which no label defines/,
    fix: /write 'litellm'/,
  },
  {
    name: "an undefined entry point",
    patches: [compose(`${router}.entrypoints: web`, `${router}.entrypoints: Web`)],
    file: "compose.yaml",
    at: `${router}.entrypoints`,
    what: /entry point 'Web'/,
    fix: /write 'web'/,
  },
  {
    name: "an internal service that Traefik lacks",
    patches: [compose("litellm-refused.service: noop@internal", "litellm-refused.service: nop@internal")],
    file: "compose.yaml",
    at: "nop@internal",
    what: /'nop@internal', which Traefik does not have/,
    fix: /noop@internal/,
  },
  {
    name: "names that differ in case",
    patches: [compose(`${router}.priority`, "traefik.http.routers.LiteLLM-bearer.priority")],
    file: "compose.yaml",
    at: "LiteLLM-bearer",
    what: /in case only/,
  },
  {
    name: "a priority that is not a number",
    patches: [compose('litellm-status.priority: "200"', "litellm-status.priority: high")],
    file: "compose.yaml",
    at: "litellm-status.priority",
    what: /is not a whole number/,
  },
  {
    name: "an invalid address range",
    patches: [compose("192.0.2.1/32", "192.0.2.1/33")],
    file: "compose.yaml",
    at: "192.0.2.1/33",
    what: /neither an address nor a range/,
  },
  {
    name: "a middleware of two kinds",
    patches: [compose("litellm-nobody.ipallowlist.rejectstatuscode", "litellm-challenge.ipallowlist.rejectstatuscode")],
    file: "compose.yaml",
    at: "litellm-challenge.ipallowlist",
    what: /allows one kind/,
  },
  {
    name: "two services and a router that names none",
    patches: [
      compose(
        `      ${router}.service: litellm\n`,
        '      traefik.http.services.other.loadbalancer.server.port: "1"\n',
      ),
    ],
    file: "compose.yaml",
    at: `${router}.rule`,
    what: /names no service and 'litellm' has 2/,
  },
  {
    name: "labels without traefik.enable",
    patches: [compose('      traefik.enable: "true"\n', "")],
    file: "compose.yaml",
    at: "traefik.http.routers.litellm-public.rule",
    what: /have no effect/,
    fix: /traefik\.enable/,
  },
  {
    name: "a docker network that the service is not on",
    patches: [compose("traefik.docker.network: traefik-net", "traefik.docker.network: traefiknet")],
    file: "compose.yaml",
    at: "traefiknet",
    what: /network 'traefiknet', which the service is not on/,
    fix: /traefik-net/,
  },

  // LiteLLM's config
  {
    name: "an unknown transport",
    patches: [litellm("  postgres:\n    transport: stdio", "  postgres:\n    transport: stdoi")],
    file: "litellm/config.yaml",
    at: "stdoi",
    what: /mcp_servers\.postgres\.transport is 'stdoi', expected one of stdio, http, sse/,
  },
  {
    name: "an upstream twice",
    patches: [litellm("  filesystem:\n", "  postgres:\n")],
    file: "litellm/config.yaml",
    at: "nowhere",
    what: /'postgres' is set a second time \(first in line \d+\)/,
    faults: 2,
  },
  {
    name: "a dash in an upstream's name",
    patches: [
      litellm("  filesystem:", "  file-system:"),
      policy("- name: filesystem", "- name: file-system"),
      policy("servers: [filesystem]", "servers: [file-system]"),
    ],
    file: "litellm/config.yaml",
    at: "file-system:",
    what: /'-', which separates server and tool/,
    fix: /file_system/,
  },
  {
    name: "no command",
    patches: [litellm("    command: postgres-mcp\n", "")],
    file: "litellm/config.yaml",
    at: "  postgres:",
    what: /has no command/,
  },
  {
    name: "no url",
    patches: [litellm("    transport: stdio\n    command: mcp-server-filesystem", "    transport: http")],
    file: "litellm/config.yaml",
    at: "  filesystem:",
    what: /has no url/,
  },
  {
    name: "no transport",
    patches: [litellm("    transport: stdio\n    command: postgres-mcp", "    command: postgres-mcp")],
    file: "litellm/config.yaml",
    at: "command: postgres-mcp",
    what: /no transport: LiteLLM assumes http/,
  },
  {
    name: "an unknown key of an upstream",
    patches: [litellm("    command: postgres-mcp", "    comand: postgres-mcp")],
    file: "litellm/config.yaml",
    at: "comand",
    what: /unknown key 'comand'/,
    fix: /write 'command'/,
  },
  {
    name: "a key that 1.77.1 ignores",
    patches: [litellm("    command: postgres-mcp", "    command: postgres-mcp\n    allowed_tools: [list_schemas]")],
    file: "litellm/config.yaml",
    at: "allowed_tools",
    what: /1\.77\.1 ignores it without a warning/,
  },
  {
    name: "an unset variable of LiteLLM",
    patches: [litellm("os.environ/POSTGRES_MCP_URL", "os.environ/POSTGRES_MPC_URL")],
    file: "litellm/config.yaml",
    at: "POSTGRES_MPC_URL",
    what: /'POSTGRES_MPC_URL' is not set/,
    fix: /POSTGRES_MCP_URL/,
    faults: 2,
  },
  {
    name: "a variable within args",
    patches: [litellm("args: [/srv/mcp-files]", "args: [os.environ/MCP_FILES]")],
    file: "litellm/config.yaml",
    at: "MCP_FILES",
    what: /substitutes nothing in lists/,
  },
  {
    name: "no master key",
    patches: [
      litellm("  master_key: os.environ/LITELLM_MASTER_KEY\n", ""),
      env("LITELLM_MASTER_KEY=sk-change-me-master-000000000000", "LITELLM_MASTER_KEY="),
    ],
    file: "litellm/config.yaml",
    at: "general_settings:",
    what: /no master key/,
    faults: 2,
  },
  {
    name: "the example's master key",
    patches: [env("LITELLM_MASTER_KEY=sk-change-me-master-000000000000", "LITELLM_MASTER_KEY=sk-1234")],
    file: "litellm/config.yaml",
    at: "  master_key:",
    what: /well-known example/,
  },
  {
    name: "an unknown section",
    patches: [litellm("litellm_settings:", "litelm_settings:")],
    file: "litellm/config.yaml",
    at: "litelm_settings",
    what: /unknown key 'litelm_settings'/,
    fix: /litellm_settings/,
  },
  {
    name: "a key function that is not defined",
    patches: [litellm("scoped_keys.authenticate", "scoped_keys.authenticat")],
    file: "litellm/config.yaml",
    at: "custom_auth",
    what: /'authenticat', which scoped_keys\.py does not define/,
    fix: /write 'authenticate'/,
  },
  {
    name: "a key function that is not async",
    patches: [{ file: "litellm/scoped_keys.py", find: "async def authenticate", replace: "def authenticate" }],
    file: "litellm/scoped_keys.py",
    at: "def authenticate",
    what: /is not an async function/,
  },
  {
    name: "a key module that is not mounted",
    patches: [litellm("scoped_keys.authenticate", "keys.authenticate")],
    file: "litellm/config.yaml",
    at: "custom_auth",
    what: /\/app\/keys\.py, which is not on a bind mount/,
  },
  {
    name: "a config that is not mounted",
    patches: [compose("      - ./litellm/config.yaml:/app/config.yaml:ro\n", "")],
    file: "compose.yaml",
    at: 'command: ["--config"',
    what: /\/app\/config\.yaml is not on a bind mount/,
  },
  {
    name: "a model without provider",
    patches: [litellm("      model: openai/gpt-5-mini\n", "")],
    file: "litellm/config.yaml",
    at: "nowhere",
    what: /'model' is missing in model_list\[1\]\.litellm_params/,
  },

  // Policy
  {
    name: "an unknown key",
    patches: [policy("injected:\n", "inject:\n")],
    file: "policy.yaml",
    at: "inject:",
    what: /unknown key 'inject'/,
    fix: /write 'injected'/,
  },
  {
    name: "a missing key",
    patches: [policy(", zone: internal", "")],
    file: "policy.yaml",
    at: "{ name: litellm.linuxserver.lan",
    what: /'zone' is missing in hosts\[0\]/,
  },
  {
    name: "a wrong word",
    patches: [policy("kind: salt", "kind: pepper")],
    file: "policy.yaml",
    at: "pepper",
    what: /secrets\[3\]\.kind is 'pepper', expected one of api-key/,
  },
  {
    name: "a service that compose.yaml lacks",
    patches: [policy("  litellm: litellm", "  litellm: lite")],
    file: "policy.yaml",
    at: "litellm: lite",
    what: /services\.litellm is 'lite', which compose\.yaml does not have/,
  },
  {
    name: "an entry point that Traefik lacks",
    patches: [policy("entry_point: web,", "entry_point: wbe,")],
    file: "policy.yaml",
    at: "wbe",
    what: /entry point 'wbe'/,
    fix: /write 'web'/,
  },
  {
    name: "a host twice",
    patches: [policy("name: litellm.ai-servicers.com,", "name: litellm.linuxserver.lan,")],
    file: "policy.yaml",
    at: "zone: external",
    what: /the host 'litellm\.linuxserver\.lan' is listed a second time/,
    faults: 2,
  },
  {
    name: "a public path over the injected route",
    patches: [policy("path: /sso/key/generate, status", "path: /schedule, below: true, status")],
    file: "policy.yaml",
    at: "- path: /schedule/model",
    what: /covered by the public path '\/schedule'/,
  },
  {
    name: "a public path over MCP",
    patches: [policy("path: /docs,", "path: /mcp, below: true,")],
    file: "policy.yaml",
    at: "path: /mcp, below",
    what: /opens MCP to everyone/,
  },
  {
    name: "a public path with a query",
    patches: [policy("path: /docs,", "path: /docs?x=1,")],
    file: "policy.yaml",
    at: "/docs?x=1",
    what: /contains a query/,
  },
  {
    name: "a public path with an encoding",
    patches: [policy("path: /docs,", "path: /d%6Fcs,")],
    file: "policy.yaml",
    at: "/d%6Fcs",
    what: /encoded character/,
  },
  {
    name: "a public path with a slash at its end",
    patches: [policy("path: /swagger,", "path: /swagger/,")],
    file: "policy.yaml",
    at: "/swagger/,",
    what: /ends with a slash/,
    fix: /'\/swagger'/,
  },
  {
    name: "a public path twice",
    patches: [policy("path: /docs,", "path: /openapi.json,")],
    file: "policy.yaml",
    at: "what the API documentation shows",
    what: /public path '\/openapi\.json' is listed a second time/,
  },
  {
    name: "a scoped key with an unknown secret",
    patches: [policy("secret: LITELLM_FILES_KEY", "secret: LITELLM_FILE_KEY")],
    file: "policy.yaml",
    at: "secret: LITELLM_FILE_KEY",
    what: /scoped key 'LITELLM_FILE_KEY' is not an api-key under 'secrets'/,
  },
  {
    name: "a scoped key for an unknown server",
    patches: [policy("servers: [filesystem]", "servers: [files]")],
    file: "policy.yaml",
    at: "servers: [files]",
    what: /names the server 'files', which is not under 'upstreams'/,
    fix: /postgres, filesystem/,
  },
  {
    name: "a scoped key outside of the endpoint",
    patches: [policy("path: /mcp/filesystem", "path: /v1/filesystem")],
    file: "policy.yaml",
    at: "path: /v1/filesystem",
    what: /is not below mcp\.endpoint/,
  },
  {
    name: "an injected route with an unknown secret",
    patches: [policy("    secret: LITELLM_STATUS_KEY", "    secret: STATUS_KEY")],
    file: "policy.yaml",
    at: "- path: /schedule",
    what: /names the secret 'STATUS_KEY', which is not under 'secrets'/,
  },
  {
    name: "an injected route on an unknown host",
    patches: [policy("    hosts: [litellm.linuxserver.lan]", "    hosts: [litellm.lan]")],
    file: "policy.yaml",
    at: "- path: /schedule",
    what: /host 'litellm\.lan', which is not under 'hosts'/,
  },
  {
    name: "an injected secret that may not be in labels",
    patches: [policy("[litellm.environment, traefik.labels, traefik.api]", "[litellm.environment, traefik.api]")],
    file: "policy.yaml",
    at: "LITELLM_STATUS_KEY, kind",
    what: /may not be in traefik\.labels, but it is injected/,
  },
  {
    name: "a secret that the env file lacks",
    patches: [env("LITELLM_SALT_KEY=change-me-salt-0000000000000000\n", "")],
    file: "policy.yaml",
    at: "name: LITELLM_SALT_KEY",
    what: /'LITELLM_SALT_KEY' is not set in litellm\.env/,
  },
  {
    name: "a DSN that is not a Postgres URL",
    patches: [env("POSTGRES_MCP_URL=postgresql://", "POSTGRES_MCP_URL=mysql://")],
    file: "litellm.env.example",
    at: "POSTGRES_MCP_URL=",
    what: /is not a Postgres URL/,
  },
  {
    name: "a healthcheck without CMD or CMD-SHELL",
    patches: [compose('test: ["CMD", "pg_isready"', 'test: ["pg_isready"')],
    file: "compose.yaml",
    at: 'test: ["pg_isready"',
    what: /healthcheck\.test begins with 'pg_isready'/,
    fix: /\[CMD, pg_isready/,
  },
  {
    name: "a secret allowed in a service that does not exist",
    patches: [policy("[litellm.environment, postgres.environment]", "[litellm.environment, postgress.environment]")],
    file: "policy.yaml",
    at: "postgress.environment",
    what: /may be in postgress\.environment, but 'postgress' is not a service/,
    fix: /postgres/,
  },
  {
    name: "a secret allowed in an unknown place",
    patches: [policy("kind: salt, may_be_in: [litellm.environment]", "kind: salt, may_be_in: [anywhere]")],
    file: "policy.yaml",
    at: "may_be_in: [anywhere]",
    what: /<whose>\.environment/,
  },
  {
    name: "a salt allowed outside of LiteLLM",
    patches: [policy("kind: salt, may_be_in: [litellm.environment]", "kind: salt, may_be_in: [client.environment]")],
    file: "policy.yaml",
    at: "kind: salt",
    what: /only LiteLLM needs/,
  },
  {
    name: "an upstream that the policy lacks",
    patches: [
      litellm("litellm_settings:", "  n8n:\n    transport: http\n    url: http://n8n:5678/mcp\n\nlitellm_settings:"),
    ],
    file: "litellm/config.yaml",
    at: "  n8n:",
    what: /'n8n' is in LiteLLM's config but not in the policy/,
  },
  {
    name: "a tool twice",
    patches: [policy("- write_file", "- edit_file")],
    file: "policy.yaml",
    at: "- name: filesystem",
    what: /tool of filesystem 'edit_file' is listed a second time/,
  },
  {
    name: "traffic to a service that does not exist",
    patches: [policy("to: postgres, ports", "to: postgress, ports")],
    file: "policy.yaml",
    at: "to: postgress",
    what: /'to: postgress' is neither/,
    fix: /write 'postgres'/,
  },
  {
    name: "a missing firewall file",
    patches: [{ file: "firewall.nft", remove: true }],
    file: "firewall.nft",
    at: undefined,
    what: /is missing/,
    fix: /firewall\.file/,
  },
  {
    name: "a counter that the firewall lacks",
    patches: [policy("counter: denied_lan", "counter: denied_lam")],
    file: "policy.yaml",
    at: "denied_lam",
    what: /no counter 'denied_lam'/,
    fix: /denied_lan/,
  },
  {
    name: "one name for two interfaces",
    patches: [policy("lan: lan0", "lan: br-traefik")],
    file: "policy.yaml",
    at: "firewall:",
    what: /br-traefik is the name of the LAN's interface and of the network traefik-net's/,
  },
  {
    name: "an interface with too long a name",
    patches: [policy("lan: lan0", "lan: an-interface-of-the-lan")],
    file: "policy.yaml",
    at: "an-interface-of-the-lan",
    what: /at most 15 characters/,
  },
  {
    name: "two denials of one source",
    patches: [policy("from: outside, by: drop", "from: lan, by: drop")],
    file: "policy.yaml",
    at: "from: lan, by: drop",
    what: /the denial of 'lan' is listed a second time/,
  },
  {
    name: "a challenge on a 404",
    patches: [policy("{ status: 401, challenge: Bearer }", "{ status: 404, challenge: Bearer }")],
    file: "policy.yaml",
    at: "status: 404, challenge",
    what: /belongs to a 401/,
  },

  // Env file
  {
    name: "a line that is not an assignment",
    patches: [env("# The model provider's key.", "The model provider's key.")],
    file: "litellm.env.example",
    at: "The model provider's",
    what: /is not an assignment/,
  },
  {
    name: "a variable set twice",
    patches: [env("# The model provider's key.", "LITELLM_SALT_KEY=again")],
    file: "litellm.env.example",
    at: "=again",
    what: /set a second time \(first in line \d+\)/,
  },
  {
    name: "a dollar in a password",
    patches: [env("POSTGRES_PASSWORD=change-me-postgres-000000000000", "POSTGRES_PASSWORD=change-me-$x-000000000000")],
    file: "litellm.env.example",
    at: "POSTGRES_PASSWORD=",
    what: /'x' is not set/,
    fix: /single quotes/,
  },
  {
    name: "a quote that is never closed",
    patches: [env("LITELLM_SALT_KEY=change", 'LITELLM_SALT_KEY="change')],
    file: "litellm.env.example",
    at: "LITELLM_SALT_KEY",
    what: /never closed/,
    faults: 10,
  },

  // Clients
  {
    name: "broken TOML",
    patches: [codex('wire_api = "responses"', "wire_api = responses")],
    file: "clients/codex/config.toml",
    at: "wire_api = responses",
    what: /broken TOML/,
  },
  {
    name: "a key that the env file lacks",
    patches: [codex('bearer_token_env_var = "LITELLM_CLIENT_KEY"', 'bearer_token_env_var = "LITELLM_CLIENT_KEYS"')],
    file: "clients/codex/config.toml",
    at: "bearer_token_env_var",
    what: /'LITELLM_CLIENT_KEYS', which the env file does not set/,
    fix: /LITELLM_CLIENT_KEY/,
  },
];

describe("a faulty deployment", () => {
  test.each(broken)("$name", async ({ patches, file, at, what, fix, faults: count = 1 }) => {
    const { faults, lineOf } = await faultsOf(patches);
    const all = faults.map(faultLine).join("\n");
    const fault = faults.find((item) => item.file === file && what.test(item.what));
    expect(fault, `no such fault among:\n${all}`).toBeDefined();
    if (at === undefined) expect(fault?.line).toBeUndefined();
    else if (at === "") expect(fault?.line).toBe(1);
    else if (at !== "nowhere") expect(fault?.line, all).toBe(lineOf(file, at));
    if (at === "nowhere") expect(fault?.line, all).toBeGreaterThan(1);
    expect(fault?.fix).toMatch(fix ?? /\S/);
    for (const item of faults) {
      expect(faultLine(item)).not.toMatch(/[\r\n]/);
      expect(item.fix.trim()).not.toBe("");
    }
    expect(faults.length, all).toBe(count);
  });
});

/** Policy and deployment each make sense and differ: not a fault, the checks find it. */
const disagreements: { name: string; patches: Patch[] }[] = [
  {
    name: "a host on another entry point",
    patches: [policy("entry_point: web, scheme: http", "entry_point: websecure, scheme: http")],
  },
  { name: "http where the routers want TLS", patches: [policy("scheme: https", "scheme: http")] },
  { name: "another directory than LiteLLM's", patches: [policy("directory: /srv/mcp-files", "directory: /srv/files")] },
  { name: "traffic to a port that nothing publishes", patches: [policy("ports: [80, 4000]", "ports: [80, 4001]")] },
  {
    name: "traffic to a port that Traefik lacks",
    patches: [policy("as: litellm.linuxserver.lan, ports: [80, 443] }", "as: litellm.linuxserver.lan, ports: [81] }")],
  },
  {
    name: "traffic between services without a common network",
    patches: [policy("from: litellm, to: postgres", "from: traefik, to: postgres")],
  },
  {
    name: "a name that the target does not have",
    patches: [policy("to: traefik, as: litellm.linuxserver.lan", "to: traefik, as: gateway.lan")],
  },
];

describe("a deployment that differs from its policy", () => {
  test.each(disagreements)("$name is left to the checks", async ({ patches }) => {
    expect((await faultsOf(patches)).faults).toEqual([]);
  });
});
