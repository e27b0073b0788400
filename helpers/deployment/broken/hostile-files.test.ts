import { expect, test } from "vitest";
import { faultLine } from "../../core/errors.ts";
import { readFacts } from "../facts.ts";
import { writtenFolder } from "../source/written-folder.ts";

/** What is wrong with a deployment of these files, with paths relative to its folder. */
function faultsOf(files: Readonly<Record<string, string | Buffer>>): string[] {
  using deployment = writtenFolder(files);
  const { faults } = readFacts(deployment.folder);
  return faults.faults.map((fault) => faultLine(fault).replaceAll(`${deployment.folder}/`, ""));
}

const service = "services: { a: { image: x } }\n";

/** Ten uses of the anchor in front, `levels` times: 10 to the power of `levels` values. */
function laughs(levels: number): string {
  const lines = Array.from({ length: levels }, (_, level) => {
    const uses = level === 0 ? Array(10).fill("lol") : Array(10).fill(`*l${level - 1}`);
    return `x-${level}: &l${level} [${uses.join(", ")}]`;
  });
  return `${lines.join("\n")}\n${service}`;
}

test.each<[name: string, files: Record<string, string | Buffer>, fault: RegExp]>([
  [
    "anchors that expand a billionfold",
    { "compose.yaml": laughs(9) },
    /^compose\.yaml:\d+: its anchors and aliases expand to more than 50000 values/,
  ],
  ["nested brackets", { "compose.yaml": "[".repeat(200_000) }, /^compose\.yaml: is nested too deeply|broken YAML/],
  ["10 MB", { "compose.yaml": `${service}${"# more\n".repeat(1_500_000)}` }, /^compose\.yaml: is \d+ KiB long/],
  ["an env file of 10 MB", { "compose.yaml": service, ".env": "A=1\n".repeat(2_600_000) }, /^\.env: is \d+ KiB long/],
  [
    "UTF-16",
    { "compose.yaml": Buffer.from(`\uFEFF${service}`, "utf16le") },
    /^compose\.yaml:1: is encoded as UTF-16; save it as UTF-8/,
  ],
  [
    "Latin-1",
    { "compose.yaml": Buffer.from(`# one\n# Gerät\n${service}`, "latin1") },
    /^compose\.yaml:2: contains bytes that are not UTF-8/,
  ],
  [
    "variables of variables",
    {
      "compose.yaml": service,
      ".env": `A0=0123456789\n${Array.from({ length: 30 }, (_, level) => `A${level + 1}=\${A${level}}\${A${level}}`).join("\n")}\n`,
    },
    /^\.env:\d+: in the value of A\d+: the text is longer than 1 MiB/,
  ],
  [
    "a long variable that is used often",
    {
      "compose.yaml": `services:\n  a:\n    image: x\n    environment:\n${Array.from({ length: 200 }, (_, index) => `      V${index}: $LONG`).join("\n")}\n`,
      ".env": `LONG=${"x".repeat(300_000)}\n`,
    },
    /^compose\.yaml:\d+: the project's texts are longer than 32 MiB/,
  ],
  [
    "files that include each other twice",
    {
      "compose.yaml": `include: [f0.yaml]\n${service}`,
      ...Object.fromEntries(
        Array.from({ length: 24 }, (_, level) => [
          `f${level}.yaml`,
          level === 23 ? service : `include: [f${level + 1}.yaml, ./sub/../f${level + 1}.yaml]\nservices: {}\n`,
        ]),
      ),
    },
    /^f\d+\.yaml:1: more than 500 files are included/,
  ],
  [
    "a chain of services that extend each other",
    {
      "compose.yaml": `services:\n${Array.from({ length: 60 }, (_, index) => `  s${index}: { image: x, extends: s${index + 1} }`).join("\n")}\n  s60: { image: x }\n`,
    },
    /^compose\.yaml:\d+: more than 50 services extend each other/,
  ],
  [
    "an included file outside of the folder",
    { "compose.yaml": `include: [/etc/hostname]\n${service}` },
    /^compose\.yaml:1: the file '\/etc\/hostname' is outside of the deployment's folder; .*'files:' in policy\.yaml/,
  ],
])("%s", (_, files, fault) => {
  const faults = faultsOf(files);
  expect(faults[0]).toMatch(fault);
  for (const line of faults) expect(line.length).toBeLessThan(400);
  expect(faults.length).toBeLessThanOrEqual(20);
});

test("a byte order mark is not part of the text", () => {
  expect(faultsOf({ "compose.yaml": `\uFEFF${service}`, ".env": "\uFEFFA=1\n" })).toEqual([]);
});
