import { basename, dirname, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { TestError } from "vitest";
import type { Reporter, TestCase, TestModule, TestRunEndReason, TestSpecification } from "vitest/node";
import { coloursFor } from "../../helpers/core/terminal/colours.ts";
import { progress, seconds } from "../../helpers/core/terminal/progress.ts";
import { loadRequirements, type RequirementId } from "../../helpers/requirements/requirements.ts";
import { brokenOutsideTests, checkResult, readRunRecord, runDirectory } from "../model/collect.ts";
import { finishRun } from "../model/finished-run.ts";
import { type CheckResult, countOutcomes, type Outcome } from "../model/outcomes.ts";

const pc = coloursFor(process.stdout);

/** Errors that explain themselves: a stack trace would only point into the suite. */
const selfExplaining = new Set(["CheckFailure", "AssertionError", "EnvironmentError"]);
/** How many frames of the suite's own faults are shown. */
const shownFrames = 6;
/** How many of the longest phases are shown. */
const shownPhases = 6;

interface SuiteLine {
  files: number;
  /** What broke outside of its checks. */
  broken: number;
  checks: CheckResult[];
  began: number;
}

/** The terminal: quiet while all is well, a failure in full when it happens, a summary at the end. */
export default class TerminalReporter implements Reporter {
  readonly #suites = new Map<string, SuiteLine>();
  readonly #toldEnvironment = new Set<string>();
  readonly #running = new Set<string>();
  #done = 0;
  #began = performance.now();

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    this.#began = performance.now();
    for (const { moduleId } of specifications) this.#suite(moduleId).files++;
  }

  onTestCaseReady({ name }: TestCase): void {
    this.#running.add(name);
    this.#await();
  }

  onTestCaseResult(test: TestCase): void {
    this.#done++;
    this.#running.delete(test.name);
    this.#await();
    const check = checkResult(test, readRunRecord(runDirectory()));
    this.#suite(test.module.moduleId).checks.push(check);
    if (check.outcome === "failed" || check.errorName === "EnvironmentError") this.#tellFailure(test, check);
  }

  onTestModuleEnd(module: TestModule): void {
    const name = suiteName(module.moduleId);
    const suite = this.#suite(module.moduleId);
    for (const line of brokenOutsideTests(module)) {
      suite.broken++;
      say(`${pc.red("✗")} ${line}`);
    }
    if (--suite.files > 0) return;
    const count = (outcome: Outcome): number => suite.checks.filter((check) => check.outcome === outcome).length;
    const failed = count("failed");
    const told = [
      `${count("passed")} passed`,
      ...(failed > 0 ? [pc.red(`${failed} failed`)] : []),
      ...(count("known-gap") > 0 ? [pc.yellow(`${count("known-gap")} known gaps`)] : []),
      ...(count("not-supported") > 0 ? [`${count("not-supported")} not supported`] : []),
      ...(count("not-tested") > 0 ? [pc.dim(`${count("not-tested")} not run`)] : []),
    ];
    const idle = count("passed") + count("known-gap") + count("not-supported") === 0;
    const mark = failed > 0 || suite.broken > 0 ? pc.red("✗") : idle ? pc.dim("–") : pc.green("✓");
    say(`${mark} ${pc.bold(name.padEnd(13))} ${told.join(", ")} ${pc.dim(seconds(performance.now() - suite.began))}`);
  }

  async onTestRunEnd(
    modules: readonly TestModule[],
    unhandled: readonly { message?: string }[],
    reason: TestRunEndReason,
  ): Promise<void> {
    progress.await(undefined);
    const finished = await finishRun(modules, unhandled, reason);
    const { run, checks, faults, staleGaps, requirements: results, verdict } = finished;
    // What came to be known at the end alone was told by no test.
    for (const check of checks) if (check.outcome === "failed" && check.file.startsWith("reports/")) this.#tell(check);
    const counts = countOutcomes(results);

    say("");
    for (const fault of faults) say(`${pc.red("the suite's own fault:")} ${fault}`);
    for (const line of staleGaps) say(`${pc.red("stale known gap:")} ${line}`);
    say(
      `${pc.bold("requirements")}  ${pc.green(`${counts.passed} passed`)}, ${counts.failed > 0 ? pc.red(`${counts.failed} failed`) : "0 failed"}, ` +
        `${counts["known-gap"]} known gaps, ${counts["not-supported"]} not supported, ${counts["not-tested"]} not tested (of ${results.length})`,
    );
    const failed = results.filter(({ outcome }) => outcome === "failed");
    if (failed.length > 0)
      say(`${pc.bold("failed")}        ${pc.red(failed.map(({ requirement }) => requirement.id).join(", "))}`);
    if (run !== undefined) {
      const parts = new Map(run.parts.map((part) => [part.name, `${part.name} ${part.version} (${part.origin})`]));
      if (parts.size > 0) say(`${pc.bold("parts")}         ${[...parts.values()].join(", ")}`);
      const longest = [...run.phases].sort((one, other) => other.milliseconds - one.milliseconds).slice(0, shownPhases);
      if (longest.length > 0) {
        say(
          `${pc.bold("phases")}        ${longest.map(({ name, milliseconds }) => `${name} ${seconds(milliseconds)}`).join(", ")}`,
        );
      }
      // Workers may each have one of a name; the first one is what nothing goes below.
      const floor = run.phases.filter(
        ({ name }, index, all) => name.startsWith("floor: ") && all.findIndex((one) => one.name === name) === index,
      );
      const edge = checks.filter(({ rigs, endedAt }) => endedAt > 0 && rigs.join() === "edge");
      const edgeDone = Math.max(...edge.map(({ endedAt }) => endedAt)) - Date.parse(run.startedAt);
      const total = Date.now() - Date.parse(run.startedAt);
      const of =
        floor.length > 0
          ? `; the floor is ${seconds(floor.reduce((sum, { milliseconds }) => sum + milliseconds, 0))} (${floor.map(({ name }) => name.slice(7)).join(" + ")})`
          : "";
      const first = edge.length > 0 ? `; the checks at the edge were done after ${seconds(edgeDone)}` : "";
      say(`${pc.bold("time")}          ${seconds(total)}${of}${first}`);
      const gateway = checks.flatMap(({ gateway: own }) => own ?? []);
      const requests = gateway.reduce((sum, own) => sum + own.requests, 0);
      if (requests > 0) {
        const own = gateway.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
        say(
          `${pc.bold("gateway")}       ${seconds(own)} of LiteLLM's own time for ${requests} requests, many side by side`,
        );
      }
    }
    say(
      `${pc.bold("report")}        ${process.env.REPORTS ?? "reports/latest"}: STATUS.md, html/index.html, conformance.json`,
    );
    if (verdict === "not-conformant" && checks.every(({ outcome }) => outcome === "not-tested"))
      say("no check was run: does a file's name, or -t, match one?");
    say(verdictText[verdict]);
  }

  /** The check that runs the longest is the one that is waited for. */
  #await(): void {
    const [longest] = this.#running;
    progress.await(longest === undefined ? undefined : `${this.#done} checks done, now: ${longest}`);
  }

  #suite(moduleId: string): SuiteLine {
    const name = suiteName(moduleId);
    const known = this.#suites.get(name) ?? { files: 0, broken: 0, checks: [], began: performance.now() };
    this.#suites.set(name, known);
    return known;
  }

  #tellFailure(test: TestCase, check: CheckResult): void {
    if (check.errorName === "EnvironmentError") {
      if (this.#toldEnvironment.has(check.message ?? "")) return;
      this.#toldEnvironment.add(check.message ?? "");
    }
    this.#tell(check, test.result().errors?.[0]);
  }

  #tell(check: CheckResult, error?: TestError): void {
    const registry = loadRequirements();
    say("");
    say(`${pc.red("✗")} ${pc.bold(check.name)} ${pc.dim(check.file)}`);
    for (const id of check.requirements) {
      const requirement = registry.get(id as RequirementId);
      say(`  ${pc.yellow(id)} ${requirement?.level ?? ""}: ${requirement?.statement ?? "unknown requirement"}`);
    }
    say(indent(check.message ?? ""));
    // A worker colours its diff whatever the terminal takes.
    if (error?.diff) say(indent(pc.isColorSupported ? error.diff : stripVTControlCharacters(error.diff)));
    const log: unknown = error?.log;
    if (check.errorName === "EnvironmentError" && Array.isArray(log)) say(indent(log.map(String).join("\n")));
    if (!selfExplaining.has(check.errorName ?? "")) {
      const frames = (error?.stacks ?? [])
        .slice(0, shownFrames)
        .map(({ file, line, method }) => `at ${method} ${relative(process.cwd(), file)}:${line}`);
      say(indent(pc.dim([`${check.errorName}: the suite's own fault`, ...frames].join("\n"))));
    }
    for (const path of check.evidence)
      say(`  ${pc.dim("evidence:")} ${process.env.REPORTS ?? "reports/latest"}/${path}`);
    if (check.failure !== undefined)
      say(
        `  ${pc.dim("captured:")} ${process.env.REPORTS ?? "reports/latest"}/${check.failure}/, shown again by its repro.sh`,
      );
    say("");
  }
}

const verdictText = {
  conformant: pc.green(pc.bold("CONFORMANT")),
  "not-conformant": pc.red(pc.bold("NOT CONFORMANT")),
  "environment-failed": pc.red(pc.bold("THE ENVIRONMENT FAILED: what could not be tried is not judged")),
} as const;

function suiteName(moduleId: string): string {
  return basename(dirname(moduleId));
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}

function say(text: string): void {
  // The progress line on standard error redraws itself: leave none of it in front of this one.
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  process.stdout.write(`${text}\n`);
}
