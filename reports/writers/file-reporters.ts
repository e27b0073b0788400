import { join } from "node:path";
import AllureVitestReporter from "allure-vitest/reporter";
import { JUnitReporter, type Reporter, type Vitest } from "vitest/node";

/** The reporters of others that write into the run's directory: `junit.xml`, and what Allure makes its pages of. */
export function fileReporters(directory: string): Reporter[] {
  return [
    tolerant("junit.xml", new JUnitReporter({ outputFile: join(directory, "junit.xml") })),
    tolerant("allure-results/", new AllureVitestReporter({ resultsDir: join(directory, "allure-results") })),
  ];
}

/**
 * A reporter that can't write (a disk that is full) must not end the run, whose verdict others write; and where it has
 * written is told once, at the end, by another.
 */
function tolerant(what: string, reporter: Reporter): Reporter {
  let told = false;
  const lost = (error: unknown): void => {
    if (!isOfTheSystem(error)) throw error;
    if (!told) process.stderr.write(`${what} was not written: ${error.message}\n`);
    told = true;
  };
  return new Proxy(reporter, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function") return member;
      return async (...given: unknown[]) => {
        try {
          await Reflect.apply(member, target, key === "onInit" ? given.map(silenced) : given);
        } catch (error) {
          lost(error);
        }
      };
    },
  });
}

function isOfTheSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

/** vitest itself, but for its voice. */
function silenced(vitest: unknown): unknown {
  if (typeof vitest !== "object" || vitest === null || !("logger" in vitest)) return vitest;
  const { logger } = vitest as Vitest;
  const quiet = new Proxy(logger, { get: (target, key) => (key === "log" ? () => {} : Reflect.get(target, key)) });
  return new Proxy(vitest, { get: (target, key) => (key === "logger" ? quiet : Reflect.get(target, key)) });
}
