import { describe } from "vitest";
import { type Broken, compose, testFaults } from "./broken-deployment.ts";

const broken: Broken[] = [
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
];

describe("a faulty deployment", () => {
  testFaults(broken);
});
