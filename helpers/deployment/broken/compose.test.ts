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
    name: "neither an image nor a build",
    patches: [compose("    image: postgres:17\n", "")],
    file: "compose.yaml",
    at: "  postgres:",
    what: /services\.postgres has neither 'image' nor 'build'/,
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
    name: "a mounted file that is missing, and that docker is not to create",
    patches: [
      compose(
        "- ./litellm/scoped_keys.py:/app/scoped_keys.py:ro",
        "- { type: bind, source: ./litellm/keys.py, target: /app/scoped_keys.py, bind: { create_host_path: false } }",
      ),
    ],
    file: "compose.yaml",
    at: "./litellm/keys.py",
    what: /mounted but missing, and create_host_path is false/,
    faults: 2,
  },
  {
    name: "a mounted link that leads out of the folder",
    patches: [{ file: "litellm/scoped_keys.py", link: "/etc/hostname" }],
    file: "compose.yaml",
    at: "./litellm/scoped_keys.py",
    what: /leads out of the deployment's folder/,
    fix: /'files:' in policy\.yaml/,
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
    faults: 2,
  },
  {
    name: "a required variable that nothing sets",
    patches: [compose("DOCS_URL: /docs", "DOCS_URL: ${DOCS_PATH:?where the documentation is}")],
    file: "compose.yaml",
    at: "DOCS_PATH",
    what: /'DOCS_PATH' is required and not set: where the documentation is/,
    fix: /'variables:' in policy\.yaml/,
  },
  {
    name: "an unset variable in an image",
    patches: [compose("ghcr.io/berriai/litellm:main-v1.77.1", "${IMAGE}")],
    file: "compose.yaml",
    at: "${IMAGE}",
    what: /'IMAGE' is not set/,
    faults: 2,
  },
  {
    name: "a required variable deep in a folded text",
    patches: [compose("|| Path(`/openapi.json`)", "|| Path(`/${WHERE?}`)")],
    file: "compose.yaml",
    at: "nowhere",
    what: /'WHERE' is required and not set/,
    faults: 2,
  },
  {
    name: "a variable that is never closed",
    patches: [compose("DOCS_URL: /docs", 'DOCS_URL: "${DOCS"')],
    file: "compose.yaml",
    at: "${DOCS",
    what: /begins no variable/,
    fix: /'\$\$'/,
  },
  {
    name: "an include that includes itself",
    patches: [
      compose("name: gateway\n", "name: gateway\ninclude: [more.yaml]\n"),
      { file: "more.yaml", write: "include: [compose.yaml]\nservices: {}\n" },
    ],
    file: "more.yaml",
    at: "",
    what: /includes itself: compose\.yaml includes more\.yaml includes compose\.yaml/,
  },
  {
    name: "a service that extends itself",
    patches: [
      compose("    image: postgres:17\n", "    image: postgres:17\n    extends: other\n"),
      compose("services:\n", "services:\n  other: { extends: postgres }\n"),
    ],
    file: "compose.yaml",
    at: "nowhere",
    what: /services\.\w+ extends itself/,
    faults: 2,
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
  },
];

describe("a faulty deployment", () => {
  testFaults(broken);
});
