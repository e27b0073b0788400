import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Progress, seconds } from "./progress.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubEnv("TERM", "xterm");
  vi.stubEnv("NO_COLOR", "1");
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

/** The sequence that erases the redrawn line. */
const erase = "\r\x1b[K";

/** A stream that records what is written to it. */
function stream(isTTY: boolean): { out: NodeJS.WriteStream; written: () => string } {
  let text = "";
  const write = (piece: string): boolean => {
    text += piece;
    return true;
  };
  const out = Object.assign(Object.create(process.stderr) as NodeJS.WriteStream, { write });
  Object.defineProperties(out, { isTTY: { value: isTTY }, columns: { value: 60 } });
  return { out, written: () => text };
}

test("a terminal has one redrawn line that fits its width: the running steps, without a check that may wait for them", () => {
  const { out, written } = stream(true);
  const progress = new Progress(out);
  const step = progress.start("start the edge rig");
  progress.await("3 checks done", "CAT-01/one");
  step.note("a long sentence ".repeat(9));
  vi.advanceTimersByTime(400);
  const last = written().split(erase).at(-1) ?? "";
  expect(last).toMatch(/^… start the edge rig 0\.4 s \(a long sentence/);
  expect(last.length).toBeLessThan(60);
  step.done();
  progress.await(undefined);
  expect(written().endsWith(erase)).toBe(true);
  const before = written();
  vi.advanceTimersByTime(60_000);
  expect(written(), "nothing is drawn when nothing is running").toBe(before);
});

test("other outputs have plain lines: the end of each step, and what runs after a silence", () => {
  const { out, written } = stream(false);
  const progress = new Progress(out);
  const step = progress.start("build litellm");
  progress.await("3 checks done", "CAT-01/one");
  vi.advanceTimersByTime(16_000);
  step.note("pip install");
  vi.advanceTimersByTime(16_000);
  step.done();
  expect(written()).toBe(
    "… build litellm 15.0 s · 3 checks done\n… build litellm 30.0 s (pip install) · 3 checks done\n✓ build litellm 32.0 s\n",
  );
  expect(progress.phases).toMatchObject([{ name: "build litellm", milliseconds: 32_000, ok: true }]);
});

test("what is said elsewhere ends the silence; a running check is named after the next one", () => {
  const { out, written } = stream(false);
  const progress = new Progress(out);
  progress.await("3 checks done", "CAT-01/one");
  vi.advanceTimersByTime(14_000);
  progress.said();
  vi.advanceTimersByTime(14_000);
  expect(written()).toBe("");
  vi.advanceTimersByTime(1_000);
  expect(written()).toBe("… 3 checks done, now: CAT-01/one\n");
});

test("pieces of work are one count with an estimate; what waits for them is not shown, and one line ends them", async () => {
  const { out, written } = stream(false);
  const progress = new Progress(out);
  const rig = progress.start("start the gateway rig", { after: "images" });
  const ends: (() => void)[] = [];
  const pieces = Array.from({ length: 5 }, () =>
    progress.piece("images", () => new Promise<void>((resolve) => ends.push(resolve))),
  );
  for (const end of ends.slice(0, 3)) end();
  await Promise.all(pieces.slice(0, 3));
  const build = progress.start("build image litellm 1.77.1", { kind: "images", shownAs: "building litellm" });
  vi.advanceTimersByTime(90_000);
  expect(written()).toMatch(/… images 3\/5, about 1 min left, building litellm\n$/);
  expect(written()).not.toContain("rig");
  build.done();
  for (const end of ends) end();
  await Promise.all(pieces);
  expect(written()).toMatch(/\n✓ images 5\/5 1 min 30 s\n$/);
  vi.advanceTimersByTime(15_000);
  expect(written()).toMatch(/… start the gateway rig 1 min 45 s\n$/);
  rig.done();
});

test("durations have a readable unit", () => {
  expect([seconds(1_234), seconds(200_000), seconds(179_700), seconds(59_960)]).toEqual([
    "1.2 s",
    "3 min 20 s",
    "3 min 0 s",
    "1 min 0 s",
  ]);
});
