import { afterEach, describe, expect, test } from "vitest";
import type { Need } from "../../containers/targets/needs.ts";
import type { TargetProvider } from "../../containers/targets/providers/target-provider.ts";
import { CheckFailure, type FailureDetails } from "../../helpers/checks/check-failure.ts";
import { DeadlineError } from "../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { KnownGap } from "../../helpers/requirements/known-gaps.ts";
import type { CheckRecord } from "../../helpers/run/run-record.ts";
import { type Check, check, registerWith } from "./check.ts";
import { type CheckEnvironment, executeCheck, type FailedCheck } from "./execute-check.ts";

const details: FailureDetails = {
  summary: "the key sk-very-secret is accepted",
  code: "accepted",
  expected: "401",
  actual: "200 for sk-very-secret",
};

const gap: KnownGap = {
  check: "CAT-10/wrong-key",
  requirement: "CAT-10",
  code: "accepted",
  cases: undefined,
  actual: undefined,
  part: "litellm",
  versions: "*",
  reason: "known since 1.77",
  link: "https://example.org/1",
  until: "2999-12-31",
  choice: false,
  location: { file: "known-gaps.yaml", line: 1 },
};

/** The calls that the environment of a test received. */
interface Kept {
  failed: FailedCheck[];
  connected: number;
}

function environment(options: {
  provider?: Partial<TargetProvider>;
  gaps?: readonly KnownGap[];
  kept?: Kept;
  /** The share of the time in which the machine was starved. */
  starved?: number;
  whenStarved?: CheckEnvironment["whenStarved"];
}): CheckEnvironment {
  const { kept = { failed: [], connected: 0 } } = options;
  return {
    targets: {
      unmet: () => [],
      unsupported: () => undefined,
      connect: async () => {
        kept.connected++;
        return { targets: {}, rigs: [], http: [] };
      },
      environmentTrouble: async () => undefined,
      ...options.provider,
    },
    secrets: new Map([["CLIENT_KEY", "sk-very-secret"]]),
    watchStarvation: () => () => ({ share: options.starved ?? 0, by: "pressure" }),
    whenStarved: options.whenStarved ?? "repeat",
    activeGaps: () => options.gaps ?? [],
    observer: {
      keep: async (path) => path,
      keepPicture: async (path) => path,
      read: async () => "",
      addPhase: async () => {},
      addResponseLeaks: async () => {},
      did: async () => {},
      failed: async (failure) => {
        kept.failed.push(failure);
        return "failures/CAT-10-wrong-key";
      },
    },
  };
}

function checkThat(run: Check["run"], needs: readonly Need[] = []): Check {
  return {
    id: "CAT-10/wrong-key",
    requirements: ["CAT-10"],
    title: "a wrong key is refused",
    needs,
    slow: false,
    alone: false,
    run,
  };
}

const failing = checkThat(async () => {
  throw new CheckFailure(details);
});

function execute(one: Check, options: Parameters<typeof environment>[0] = {}): Promise<CheckRecord> {
  return executeCheck(one, environment(options));
}

describe("a check", () => {
  test("that returns has passed, with what it found", async () => {
    const record = await execute(
      checkThat(async ({ evidence }) => evidence.finding("the key sk-very-secret was refused")),
    );
    expect(record).toMatchObject({
      id: "CAT-10/wrong-key",
      requirements: ["CAT-10"],
      outcome: "passed",
      findings: ["the key ‹CLIENT_KEY› was refused"],
    });
  });

  test("whose needs are not met is not tested, says what it needs, and connects to nothing", async () => {
    const kept = { failed: [], connected: 0 };
    const provider = { unmet: () => ["commands: a run on a throwaway network has it"] };
    const record = await execute(failing, { provider, kept });
    expect(record).toMatchObject({
      outcome: "not-tested",
      reason: "needs commands: a run on a throwaway network has it",
    });
    expect(record.environment).toBeUndefined();
    expect(kept.connected).toBe(0);
  });

  test("that the deployment has nothing to try on is not supported, and connects to nothing", async () => {
    const kept = { failed: [], connected: 0 };
    const provider = { unsupported: () => "the deployment has no Traefik" };
    const record = await execute(failing, { provider, kept });
    expect(record).toMatchObject({ outcome: "not-supported", reason: "the deployment has no Traefik" });
    expect(kept.connected).toBe(0);
  });

  test("that fails has its failure field by field, without secrets; what is captured has them", async () => {
    const kept: Kept = { failed: [], connected: 0 };
    const record = await execute(failing, { kept });
    expect(record).toMatchObject({
      outcome: "failed",
      failure: {
        summary: "the key ‹CLIENT_KEY› is accepted",
        code: "accepted",
        expected: "401",
        actual: "200 for ‹CLIENT_KEY›",
        message: "the key ‹CLIENT_KEY› is accepted\n  expected:     401\n  actual:       200 for ‹CLIENT_KEY›",
      },
      failureFolder: "failures/CAT-10-wrong-key",
    });
    expect(JSON.stringify(record)).not.toContain("sk-very-secret");
    expect(kept.failed[0]?.details).toEqual(details);
  });

  test("that fails as a known gap says is a known gap; another kind of failure stays one", async () => {
    const kept: Kept = { failed: [], connected: 0 };
    const { reason, link, until, part, versions } = gap;
    expect(await execute(failing, { gaps: [gap], kept })).toMatchObject({
      outcome: "known-gap",
      reason,
      gap: { reason, link, until, part, versions },
      failure: { code: "accepted" },
    });
    expect(kept.failed).toEqual([]);
    expect(await execute(failing, { gaps: [{ ...gap, code: "no-answer" }], kept })).toMatchObject({
      outcome: "failed",
    });
  });

  test("that finds the feature missing is not supported", async () => {
    const record = await execute(checkThat(async ({ evidence }) => evidence.notSupported("no database")));
    expect(record).toMatchObject({ outcome: "not-supported", reason: "no database" });
    expect(record.failure).toBeUndefined();
  });

  test.each([
    ["breaks", new TypeError("undefined is not a function"), "TypeError"],
    ["waits to a deadline", new DeadlineError("LiteLLM logs the request", 5_000, undefined), "DeadlineError"],
  ])("that %s is the suite's own fault, never a known gap", async (_, error, name) => {
    const record = await execute(
      checkThat(async () => {
        throw error;
      }),
      { gaps: [{ ...gap, code: undefined }] },
    );
    expect(record).toMatchObject({ outcome: "failed", ownFault: { name, message: error.message } });
    expect(record.failure).toBeUndefined();
  });

  test("whose part is gone when it fails is not tested: that is the environment's failure", async () => {
    const trouble = new EnvironmentError("gateway/litellm stopped", { part: "litellm", log: ["Killed"] });
    const kept: Kept = { failed: [], connected: 0 };
    const record = await execute(failing, { provider: { environmentTrouble: async () => trouble }, gaps: [gap], kept });
    expect(record).toMatchObject({
      outcome: "not-tested",
      environment: { part: "litellm", message: "gateway/litellm stopped", log: ["Killed"] },
    });
    expect(kept.failed).toEqual([]);
  });

  test("whose targets do not start is not tested", async () => {
    const connect = async (): Promise<never> => {
      throw new EnvironmentError("litellm did not start", { part: "litellm", log: ["last words"] });
    };
    expect(await execute(failing, { provider: { connect } })).toMatchObject({
      outcome: "not-tested",
      environment: { part: "litellm", log: ["last words"] },
    });
  });

  test("is measured without the wait for its targets", async () => {
    let ready = 0;
    const connect: TargetProvider["connect"] = async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      ready = performance.now();
      return { targets: {}, rigs: [], http: [] };
    };
    const record = await execute(
      checkThat(async () => {}),
      { provider: { connect } },
    );
    expect(record.duration).toBeLessThanOrEqual(performance.now() - ready);
  });
});

describe("a declaration", () => {
  const declared: Check[] = [];
  afterEach(() => void declared.splice(0));
  registerWith((one) => declared.push(one));
  const run = async (): Promise<void> => {};

  test("has an id that begins with its first requirement", () => {
    check({ id: "ROUTE-03/look-alike-paths", requirements: ["ROUTE-03"], title: "t", needs: ["edge"], run });
    expect(declared).toMatchObject([{ id: "ROUTE-03/look-alike-paths", needs: ["edge"], slow: false }]);
    expect(() => check({ id: "ROUTE-03/A b", requirements: ["ROUTE-03"], title: "t", needs: [], run })).toThrow(
      "ROUTE-03/A b is not a check's id; write one like ROUTE-03/look-alike-paths",
    );
    expect(() => check({ id: "ROUTE-04/x", requirements: ["ROUTE-03"], title: "t", needs: [], run })).toThrow(
      "ROUTE-04/x: a check's id begins with its first requirement, ROUTE-03",
    );
  });

  test("names known requirements", () => {
    expect(() => check({ id: "ROUTE-99/x", requirements: ["ROUTE-99"], title: "t", needs: [], run })).toThrow(
      "no requirements.yaml has ROUTE-99",
    );
  });

  test("names a gateway with its capabilities", () => {
    expect(() => check({ id: "CAT-10/x", requirements: ["CAT-10"], title: "t", needs: ["access-log"], run })).toThrow(
      'CAT-10/x needs access-log of a gateway, and does not need "gateway"',
    );
  });
});

test("a check that takes away what others use waits until they are over; then it runs", async () => {
  let runs = 0;
  const alone: Check = {
    ...checkThat(async () => {
      runs += 1;
    }),
    alone: true,
  };
  expect(await execute(alone)).toMatchObject({
    outcome: "not-tested",
    repeats: "alone",
    reason: expect.stringContaining("runs alone"),
  });
  expect(runs).toBe(0);
  expect(await execute(alone, { whenStarved: "environment" })).toMatchObject({ outcome: "passed" });
  expect(runs).toBe(1);
});

describe("a check that exceeded a time limit", () => {
  const late = checkThat(async () => {
    throw new DeadlineError("the log shows the line", 5_000, undefined);
  });
  const withoutAnswer = checkThat(async () => {
    throw new CheckFailure({ ...details, actual: "no response in time" });
  });

  test.for([late, withoutAnswer])("on a starved machine is repeated alone, and judged by nobody", async (one) => {
    const record = await execute(one, { starved: 0.97 });
    expect(record).toMatchObject({
      outcome: "not-tested",
      repeats: "time-limit",
      reason: expect.stringContaining("97 %"),
    });
    expect(record.failure ?? record.ownFault ?? record.environment).toBeUndefined();
  });

  test.for([late, withoutAnswer])("alone and still on a starved machine is the environment's failure", async (one) => {
    const record = await execute(one, { starved: 0.97, whenStarved: "environment" });
    expect(record).toMatchObject({
      outcome: "not-tested",
      environment: { message: expect.stringContaining("cannot be judged") },
    });
  });

  test.for([late, withoutAnswer])("on a quiet machine fails", async (one) => {
    expect(await execute(one, { starved: 0.2 })).toMatchObject({ outcome: "failed" });
    expect(await execute(one, { starved: 0.97, whenStarved: "judge" })).toMatchObject({ outcome: "failed" });
  });

  test("a later check that shares the failure is repeated too, although it waited for nothing itself", async () => {
    const shared = new CheckFailure({ ...details, actual: "no response in time" });
    const sharing = checkThat(async () => {
      throw shared;
    });
    await execute(sharing, { starved: 0.97 });
    expect(await execute(sharing, { starved: 0.2 })).toMatchObject({ outcome: "not-tested", repeats: "time-limit" });
    expect(await execute(withoutAnswer, { starved: 0.2 })).toMatchObject({ outcome: "failed" });
  });

  test.for([
    "responseHeaderTimeout 20s cuts every call that takes longer",
    "LiteLLM closes an idle connection after 20 s, by its KEEPALIVE_TIMEOUT",
    "request_timeout is 5 s",
  ])("a failure that names an option is judged on a starved machine too: %s", async (summary) => {
    const naming = checkThat(async () => {
      throw new CheckFailure({ ...details, summary });
    });
    expect(await execute(naming, { starved: 0.97 })).toMatchObject({ outcome: "failed" });
  });

  test.for(["a request ended with UND_ERR_HEADERS_TIMEOUT", "ReadTimeout", "the read timed out", "a read time-out"])(
    "a failure that says so of itself is repeated: %s",
    async (summary) => {
      const late = checkThat(async () => {
        throw new CheckFailure({ ...details, summary });
      });
      expect(await execute(late, { starved: 0.97 })).toMatchObject({ outcome: "not-tested", repeats: "time-limit" });
    },
  );

  test("what fails for another reason fails on a starved machine too", async () => {
    expect(await execute(failing, { starved: 0.97 })).toMatchObject({ outcome: "failed" });
  });

  describe("and one that failed after a slow answer", () => {
    const answering = (milliseconds: number, method = "POST"): Partial<TargetProvider> => ({
      connect: async () => {
        const exchange = {
          request: { method, url: "" },
          response: { headAfter: 20, endAfter: milliseconds, body: "", headers: [] },
        };
        return {
          targets: {},
          rigs: [],
          http: [{ exchanges: [exchange], close: async () => {} }],
        } as unknown as Awaited<ReturnType<TargetProvider["connect"]>>;
      },
    });

    test("on a starved machine is a failure that is repeated alone: the gateway may have given up on something", async () => {
      const record = await execute(failing, { starved: 0.97, provider: answering(17_000) });
      expect(record).toMatchObject({ outcome: "failed", repeats: "slow-answers", failureFolder: expect.anything() });
    });

    test("on a starved machine is repeated too where the work that checks share was slow", async () => {
      const broken = checkThat(async () => {
        throw new TypeError("x is undefined");
      });
      const once = { slowest: 31_000 };
      const connect: TargetProvider["connect"] = async () =>
        ({ targets: { gateway: { once } }, rigs: [], http: [] }) as never;
      expect((await execute(broken, { starved: 0.97, provider: { connect } })).repeats).toBe("slow-answers");
    });

    test.for([
      { statuses: [200, 502], stdout: "", repeats: "broken-connection" },
      {
        statuses: [200],
        stdout: "tool call failed for `a`\\n error: HTTP 502: Bad Gateway",
        repeats: "broken-connection",
      },
      { statuses: [], stdout: "Error POSTing to endpoint (HTTP 502): Bad Gateway", repeats: "broken-connection" },
      { statuses: [200, 429], stdout: "", repeats: "rate-limit" },
      { statuses: [], stdout: "unexpected status 429 Too Many Requests", repeats: "rate-limit" },
      { statuses: [502, 502], stdout: "", repeats: undefined },
      { statuses: [200], stdout: "handshaking failed: HTTP 502", repeats: undefined },
    ])(
      "or after a 502 between other answers, or a 429 ($statuses, $stdout), is repeated on every machine",
      async (given) => {
        const exchanges = given.statuses.map((status) => ({
          request: { method: "POST", url: "" },
          response: { status, headAfter: 1, endAfter: 2, body: "", headers: [] },
        }));
        const connect: TargetProvider["connect"] = async (_, { actions }) => {
          const run = actions.begin({
            at: "",
            rig: "gateway",
            part: "codex",
            command: ["codex"],
            environment: {},
            workingDir: undefined,
            user: undefined,
          });
          Object.assign(run, { exitCode: 0, stdout: given.stdout, stderr: "" });
          return { targets: {}, rigs: [], http: [{ exchanges, close: async () => {} }] } as never;
        };
        const record = await execute(failing, { starved: 0.1, provider: { connect } });
        expect([record.outcome, record.repeats]).toEqual(["failed", given.repeats]);
      },
    );

    test.for(["fetch failed: other side closed", "fetch failed: read ECONNRESET"])(
      "or after a broken connection (%s) on a starved machine is repeated, with each check that shares the failure",
      async (error) => {
        const shared = new CheckFailure(details);
        const sharing = checkThat(async () => {
          throw shared;
        });
        const broken = { request: { method: "POST", url: "" }, response: undefined, error };
        const connect = async (): Promise<never> =>
          ({ targets: {}, rigs: [], http: [{ exchanges: [broken], close: async () => {} }] }) as never;
        const kept = await execute(sharing, { starved: 0.2, provider: { connect } });
        expect(kept).toMatchObject({ outcome: "failed" });
        expect(kept.repeats).toBeUndefined();
        const first = await execute(sharing, { starved: 0.97, provider: { connect } });
        expect(first).toMatchObject({ outcome: "failed", repeats: "broken-connection" });
        expect((await execute(sharing, { starved: 0.2 })).repeats).toBe("broken-connection");
      },
    );

    test.for([
      { starved: 0.2, provider: answering(17_000) },
      { starved: 0.97, provider: answering(900) },
      { starved: 0.97, provider: answering(17_000, "GET") },
      { starved: 0.97, provider: answering(17_000), whenStarved: "environment" as const },
    ])(
      "is not repeated on a quiet machine, after quick answers, for an open stream, or when it ran alone",
      async (given) => {
        const record = await execute(failing, given);
        expect(record).toMatchObject({ outcome: "failed" });
        expect(record.repeats).toBeUndefined();
      },
    );
  });

  test.for([
    { stderr: "", end: { outcome: "failed" } },
    { stderr: "curl: (28) Operation timed out", end: { outcome: "not-tested", repeats: "time-limit" } },
  ])("a curl that ends a stream at its limit counts only where it says so: '$stderr'", async ({ stderr, end }) => {
    const connect: TargetProvider["connect"] = async (_needs, { actions }) => {
      const command = { at: "", rig: "gateway", part: "lan-host", command: ["curl"], environment: {} };
      const run = actions.begin({ ...command, workingDir: undefined, user: undefined });
      Object.assign(run, { exitCode: 28, stderr });
      return { targets: {}, rigs: [], http: [] };
    };
    expect(await execute(failing, { starved: 0.97, provider: { connect } })).toMatchObject(end);
  });
});
