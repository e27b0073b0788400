import { expect, test } from "vitest";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import { decided } from "./decided.ts";

/** A column that saw `busy` or `idle`, in this order. */
function column(...all: string[]) {
  const lines: string[] = [];
  const again = async (): Promise<string> => all.shift() ?? "nothing";
  const reason = (seen: string): string | undefined => (seen === "busy" ? "an answer did not come in time" : undefined);
  const progress = { line: (text: string) => void lines.push(text) };
  const seen = all.shift() ?? "nothing";
  return { lines, left: all, result: () => decided("the candidate", { seen, again }, progress, reason) };
}

test("what can be judged is not asked again", async () => {
  const { result, left, lines } = column("idle", "idle");
  expect(await result()).toBe("idle");
  expect(left).toHaveLength(1);
  expect(lines).toEqual([]);
});

test("what a starved machine decided is asked again, and the second answer counts", async () => {
  const { result, lines } = column("busy", "idle");
  expect(await result()).toBe("idle");
  expect(lines).toEqual(["the candidate is asked again, alone: an answer did not come in time"]);
});

test("a machine that is starved twice gives no verdict", async () => {
  await expect(column("busy", "busy").result()).rejects.toBeInstanceOf(EnvironmentError);
  await expect(column("busy", "busy").result()).rejects.toThrow(
    "the candidate can't be judged: an answer did not come in time, twice; run it again on an idle machine",
  );
});
