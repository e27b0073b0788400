import { join } from "node:path";
import AllureVitestReporter from "allure-vitest/reporter";
import type { Reporter, Vitest } from "vitest/node";

/** Other projects' reporters that write into the run's directory: the results that Allure's page is made from. */
export function fileReporters(directory: string): Reporter[] {
  return [tolerant("allure-results/", new AllureVitestReporter({ resultsDir: join(directory, "allure-results") }))];
}

/**
 * Keeps a reporter that cannot write, e.g. because the disk is full, from ending the run: other reporters write the
 * verdict. Its messages about where it has written are dropped: the terminal reporter says so once, at the end.
 */
function tolerant(what: string, reporter: Reporter): Reporter {
  let warned = false;
  const warn = (error: unknown): void => {
    if (!isSystemError(error)) throw error;
    if (!warned) process.stderr.write(`${what} was not written: ${error.message}\n`);
    warned = true;
  };
  return new Proxy(reporter, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function") return member;
      return async (...given: unknown[]) => {
        try {
          await Reflect.apply(member, target, key === "onInit" ? given.map(withoutLog) : given);
        } catch (error) {
          warn(error);
        }
      };
    },
  });
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

/** vitest itself, with a logger that prints nothing. */
function withoutLog(vitest: unknown): unknown {
  if (typeof vitest !== "object" || vitest === null || !("logger" in vitest)) return vitest;
  const { logger } = vitest as Vitest;
  const quiet = new Proxy(logger, { get: (target, key) => (key === "log" ? () => {} : Reflect.get(target, key)) });
  return new Proxy(vitest, { get: (target, key) => (key === "logger" ? quiet : Reflect.get(target, key)) });
}
