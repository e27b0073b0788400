import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { Reporter, TestCase, TestModule, TestRunEndReason, TestSpecification } from "vitest/node";
import { runConfig } from "../../helpers/core/run-config.ts";
import { coloursFor } from "../../helpers/core/terminal/colours.ts";
import { progress, seconds } from "../../helpers/core/terminal/progress.ts";
import { loadSuites } from "../../helpers/requirements/suites.ts";
import { runDirectory } from "../../helpers/run/run-directory.ts";
import type { CheckOutcome } from "../../helpers/run/run-record.ts";
import type { CheckResult } from "../model/check-result.ts";
import { countedOutcome } from "../model/headline.ts";
import { brokenOutsideTests, checkResult } from "../run/collect.ts";
import { finishRun, interruptedAt } from "../run/finished-run.ts";
import { failedCheckText } from "./failed-check-text.ts";
import { lastLines, summaryText } from "./summary-text.ts";

const pc = coloursFor(process.stdout);

/** The state of one suite's line. */
interface SuiteProgress {
  /** Files that are not over yet. */
  files: number;
  /** Number of things that broke outside of its checks. */
  broken: number;
  checks: CheckResult[];
  began: number;
}

/**
 * The terminal: quiet while everything holds, each failure in full when it happens, a summary at the end. A failure whose text is
 * that of another check's is printed once, because a LiteLLM that does not start fails every check in the same way.
 */
export default class TerminalReporter implements Reporter {
  readonly #suites = new Map<string, SuiteProgress>();
  /** Messages that were printed, with the ids of the checks that have them, the printed one first. */
  readonly #printed = new Map<string, string[]>();
  /** Ids of the running checks, in the order in which they began. */
  readonly #running = new Set<string>();
  #done = 0;

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    for (const { moduleId } of specifications) this.#suite(moduleId).files++;
  }

  onTestCaseReady(test: TestCase): void {
    this.#running.add(nameOf(test));
    this.#showProgress();
  }

  onTestCaseResult(test: TestCase): void {
    this.#done++;
    this.#running.delete(nameOf(test));
    this.#showProgress();
    const check = checkResult(test, interruptedAt(runDirectory()));
    this.#suite(test.module.moduleId).checks.push(check);
    if (check.outcome !== "failed" && check.environment === undefined) return;
    if (this.#isPrinted(check)) return;
    // vitest maps the stack to the sources.
    this.#printFailure(check, test.result().errors?.[0]?.stacks);
  }

  onTestModuleEnd(module: TestModule): void {
    const suite = this.#suite(module.moduleId);
    for (const line of brokenOutsideTests(module)) {
      suite.broken++;
      print(`${pc.red("✗")} ${line}`);
    }
    if (--suite.files === 0) print(suiteLine(suiteName(module.moduleId), suite));
  }

  async onTestRunEnd(
    modules: readonly TestModule[],
    unhandled: readonly { message?: string }[],
    reason: TestRunEndReason,
  ): Promise<void> {
    progress.await(undefined);
    const finished = await finishRun(modules, unhandled, reason);
    for (const check of finished.finalChecks)
      if (check.outcome === "failed" && !this.#isPrinted(check)) this.#printFailure(check);
    for (const [first, ...others] of this.#printed.values())
      if (others.length > 0) print(`${pc.yellow(first ?? "")}: ${others.length} more with exactly this result`);
    print(summaryText(finished, { colours: pc }));
    // Last of all: the parts are taken down and Allure's page is written after this.
    const page = join(resolve(runConfig().reports), "index.html");
    process.once("exit", () => process.stdout.write(lastLines(finished.verdict, page, pc)));
  }

  /** Whether another check has the same message. A fault of the suite itself has a stack of its own. */
  #isPrinted({ id, failure, environment }: CheckResult): boolean {
    const message = environment?.message ?? failure?.message;
    if (message === undefined) return false;
    const known = this.#printed.get(message);
    if (known === undefined) this.#printed.set(message, [id]);
    else if (!known.includes(id)) known.push(id);
    return known !== undefined;
  }

  #printFailure(check: CheckResult, stack?: Parameters<typeof failedCheckText>[1]["stack"]): void {
    print(
      failedCheckText(check, { reports: runConfig().reports, colours: pc, ...(stack === undefined ? {} : { stack }) }),
    );
  }

  /** Shows the check that has run longest: it is the one that everything waits for. */
  #showProgress(): void {
    const [longest] = this.#running;
    progress.await(longest === undefined ? undefined : `${this.#done} checks done`, longest);
  }

  #suite(moduleId: string): SuiteProgress {
    const name = suiteName(moduleId);
    const known = this.#suites.get(name) ?? { files: 0, broken: 0, checks: [], began: performance.now() };
    this.#suites.set(name, known);
    return known;
  }
}

function nameOf(test: TestCase): string {
  return test.meta().checkId ?? test.name;
}

/** The suite's folder; for a file elsewhere, the name of the folder that it is in. */
function suiteName(moduleId: string): string {
  const suites = new Set(loadSuites().map(({ folder }) => folder));
  const folders = relative(process.cwd(), dirname(moduleId)).split(sep);
  return folders.find((folder) => suites.has(folder)) ?? basename(dirname(moduleId));
}

/** One suite when all its files are over. */
function suiteLine(name: string, { broken, checks, began }: SuiteProgress): string {
  const count = (outcome: CheckOutcome): number => checks.filter((check) => check.outcome === outcome).length;
  const failed = count("failed");
  const counts = [
    `${count("passed")} passed`,
    ...(failed > 0 ? [pc.red(`${failed} failed`)] : []),
    ...(count("known-gap") > 0 ? [pc.yellow(countedOutcome(count("known-gap"), "known-gap"))] : []),
    ...(count("not-supported") > 0 ? [`${count("not-supported")} not supported`] : []),
    ...(count("not-tested") > 0 ? [pc.dim(`${count("not-tested")} not tested`)] : []),
  ];
  const nothingRan = count("passed") + count("known-gap") + count("not-supported") === 0;
  const mark = failed > 0 || broken > 0 ? pc.red("✗") : nothingRan ? pc.dim("–") : pc.green("✓");
  return `${mark} ${pc.bold(name.padEnd(13))} checks: ${counts.join(", ")} ${pc.dim(`(done after ${seconds(performance.now() - began)})`)}`;
}

function print(text: string): void {
  // The progress line on standard error is redrawn: nothing of it may stay in front of this text.
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  process.stdout.write(`${text}\n`);
  progress.said();
}
