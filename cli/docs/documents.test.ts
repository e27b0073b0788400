import { spawnSync } from "node:child_process";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { runVariables } from "../../helpers/core/run-config.ts";
import { patchedCopy } from "../../helpers/deployment/source/patched-copy.ts";
import { readKnownGaps } from "../../helpers/requirements/known-gaps.ts";
import { loadRequirements } from "../../helpers/requirements/requirements.ts";
import { loadChecks } from "../../suites/runner/load-checks.ts";

const files = ["README.md", "CONTRIBUTING.md", ...globSync("docs/*.md").sort()];
const texts = new Map(files.map((file) => [file, readFileSync(file, "utf8")]));
const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };

test("README has at most 120 lines", () => {
  expect(readFileSync("README.md", "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(120);
});

test("README's failure is one that the suite reports", async () => {
  const [, block = ""] = /```text\n(✗[\s\S]*?)```/.exec(textOf("README.md")) ?? [];
  const [title = "", id = "", requirement = "", summary = ""] = block.split("\n");
  const check = (await loadChecks()).find((one) => one.id === id.trim());
  expect(title).toBe(`✗ ${check?.title}  ${check?.file}`);
  const { level, statement } = loadRequirements().get(check?.requirements[0] ?? "ROUTE-01") ?? {};
  expect(requirement.trim()).toBe(`${check?.requirements[0]} ${level}: ${statement}`);
  const [what = ""] = summary.trim().split(": failed in");
  expect(readFileSync(check?.file ?? "", "utf8")).toContain(JSON.stringify(what));
});

test("README lists every document", () => {
  const listed = linksOf("README.md").map(({ path }) => path);
  expect(files.filter((file) => file !== "README.md" && !listed.includes(file))).toEqual([]);
});

test("architecture.md lists every folder, and every one within helpers/ and containers/", () => {
  const folders = globSync("{cli,deployments,docs,lan-check,mutation,reports}/").map((folder) => `${folder}/`);
  const modules = globSync("{helpers,containers}/*/**/*.ts");
  const inner = modules.map((file) => `${file.split("/").slice(0, 2).join("/")}/`);
  const listed = codesOf("docs/architecture.md");
  expect([...folders, ...new Set(inner)].filter((folder) => !listed.includes(folder))).toEqual([]);
});

describe.each(files)("%s", (file) => {
  test("every relative link leads to a file, and to a heading of it", () => {
    const broken = linksOf(file).filter(({ path, anchor }) => {
      if (!existsSync(path)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(path, "utf8")).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test("every path of the repository in backticks exists", () => {
    expect(codesOf(file).flatMap(pathIn).filter(isMissing)).toEqual([]);
  });

  test("every npm script exists, with the options that are used", () => {
    const commands = [...textOf(file).matchAll(/npm run ([\w:-]+)(?: -- ([^`\n#|]*))?/g)];
    for (const [command, name = "", options = ""] of commands) {
      if (name === "NAME") continue;
      expect(scripts, command).toHaveProperty([name]);
      for (const [option] of options.matchAll(/--[a-z][a-z-]*/g))
        if (option !== "--help") expect(optionsOf(name), command).toContain(option);
    }
  });

  test("every requirement and check exists", async () => {
    const requirements = [...loadRequirements().keys()];
    const known = new Set<string>([...requirements, ...(await loadChecks()).map(({ id }) => id)]);
    const families = [...new Set(requirements.map((id) => id.split("-")[0]))].join("|");
    const ids = textOf(file).match(new RegExp(`\\b(?:${families})-\\d\\d(?:/[a-z0-9][a-z0-9.-]*[a-z0-9])?`, "g")) ?? [];
    expect(ids.filter((id) => !known.has(id))).toEqual([]);
  });
});

test("writing-checks.md shows code of the files that it names", () => {
  const text = textOf("docs/writing-checks.md");
  const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
  expect(blocks.length).toBeGreaterThan(2);
  for (const { index, 1: code = "" } of blocks) {
    const file =
      text
        .slice(0, index)
        .match(/`[\w./-]+\.ts`/g)
        ?.at(-1)
        ?.slice(1, -1) ?? "";
    const own = new Set(
      readFileSync(file, "utf8")
        .split("\n")
        .map((line) => line.trim()),
    );
    expect(
      code.split("\n").filter((line) => !own.has(line.trim())),
      file,
    ).toEqual([]);
  }
});

test("the entry in known-gaps.md is one that the suite accepts", async () => {
  const [, entry = ""] = /^```yaml\n([\s\S]*?)^```$/m.exec(textOf("docs/known-gaps.md")) ?? [];
  using copy = patchedCopy("deployments/reference", [{ file: "known-gaps.yaml", write: entry }]);
  const { gaps, faults } = readKnownGaps(copy.folder, await loadChecks(), "2026-01-01");
  expect(faults).toEqual([]);
  expect(gaps.map(({ check }) => check)).toEqual(["CAT-02/paginated-upstream"]);
});

test("every npm script is described, except the parts of `check`", () => {
  const all = [...texts.values()].join("\n");
  const commands = Object.keys(scripts).map((name) => (name === "test" ? "npm test" : `npm run ${name}`));
  const described = commands.filter((command) => new RegExp(`${command}(?![\\w:])`).test(all));
  expect(commands.filter((command) => !command.includes("check:") && !described.includes(command))).toEqual([]);
});

test("configuration.md lists every variable of the run configuration, except the soak runs' own", () => {
  const rows = (texts.get("docs/configuration.md") ?? "").match(/^\| `[A-Z_]+`/gm) ?? [];
  const variables = rows.map((row) => row.replace(/^\| `|`$/g, ""));
  expect(variables.sort()).toEqual(runVariables.filter((name) => name !== "GATEWAY_CONFORMANCE_ORDER").sort());
});

test("mutation-testing.md lists exactly the options of mutate", () => {
  const rows = (texts.get("docs/mutation-testing.md") ?? "").match(/^\| `-- (--[a-z-]+)/gm) ?? [];
  const listed = rows.map((row) => row.replace("| `-- ", ""));
  const own = optionsOf("mutate").filter((option) => !["--help", "--seed"].includes(option));
  expect([...new Set(listed)].sort()).toEqual(own.sort());
});

function textOf(file: string): string {
  return texts.get(file) ?? "";
}

/** The relative links of a document, as paths from the project's root. */
function linksOf(file: string): { path: string; anchor: string | undefined }[] {
  return [...withoutBlocks(textOf(file)).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = "", anchor] = target.split("#");
    return [{ path: path === "" ? file : normalize(join(dirname(file), path)), anchor }];
  });
}

/** The anchors that GitHub gives to headings. */
function anchorsOf(text: string): string[] {
  return [...withoutBlocks(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** What is in backticks, outside of blocks. */
function codesOf(file: string): string[] {
  return [...withoutBlocks(textOf(file)).matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
}

function withoutBlocks(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, "");
}

const topLevel = readdirSync(".").filter((name) => name !== "node_modules");
/** What a run writes; a clone has none of it. */
const written = /^reports\/(?:bench|latest|mutation)(?:\/|$)/;

/** The path of the repository that a code names: below a top-level folder, or a module by its name. */
function pathIn(code: string): string[] {
  return code.split(" ").flatMap((word) => {
    const [first = ""] = word.split("/");
    const isPath = word.includes("/") && topLevel.includes(first);
    const isModule = /^[\w.-]+\.(?:ts|mjs)$/.test(word);
    return (isPath || isModule) && !written.test(word) ? [word] : [];
  });
}

function isMissing(path: string): boolean {
  if (!path.includes("/")) return globSync([path, `*/**/${path}`], { exclude: ["node_modules/**"] }).length === 0;
  return globSync(path.replaceAll(/<[^>]+>/g, "*")).length === 0;
}

/** The options of an npm script's command, by its `--help`. */
function optionsOf(script: string): string[] {
  const command = scripts[script]?.replace("node ", "") ?? "";
  const { stdout } = spawnSync(process.execPath, [...command.split(" "), "--help"], { encoding: "utf8" });
  return [...new Set(stdout.match(/--[a-z][a-z-]*/g) ?? [])];
}
