import { describe } from "vitest";
import { type Broken, compose, litellm, policy, testFaults } from "./broken-deployment.ts";

const broken: Broken[] = [
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
    name: "a compose file with comments only",
    patches: [{ file: "compose.yaml", write: "# to be written\n" }],
    file: "compose.yaml",
    at: "# to be written",
    what: /is empty/,
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
    name: "a .env that is a link out of the folder",
    patches: [
      { file: ".env", link: "/etc/hostname" },
      policy("env_file: litellm.env\n", "compose: [{ files: [compose.yaml], env_file: .env }]\n"),
    ],
    file: ".env",
    at: undefined,
    what: /leads out of the deployment's folder/,
    fix: /'files:' in policy\.yaml/,
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
  },
  {
    name: "a huge file",
    patches: [{ file: "policy.yaml", write: "# a\n".repeat(300_000) }],
    file: "policy.yaml",
    at: undefined,
    what: /1024 KiB/,
  },

  {
    name: "a tab",
    patches: [compose("    restart: unless-stopped\n    command:\n", "\trestart: unless-stopped\n    command:\n")],
    file: "compose.yaml",
    at: "\trestart",
    what: /tab/,
    fix: /spaces/,
    faults: 3,
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
];

describe("a faulty deployment", () => {
  testFaults(broken);
});
