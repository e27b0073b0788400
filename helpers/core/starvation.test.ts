import { expect, test } from "vitest";
import { watchStarvation } from "./starvation.ts";

const pressure = (total: number): string =>
  `some avg10=0.00 avg60=0.00 avg300=0.00 total=${total}\nfull avg10=0.00 total=0\n`;
const stat = (idle: number, steal: number): string =>
  `cpu  10 0 10 ${idle} 0 0 0 ${steal} 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n`;

function files(...states: readonly Readonly<Record<string, string>>[]): {
  read(file: string): string | undefined;
  next(): void;
} {
  let at = 0;
  return { read: (file) => states[at]?.[file], next: () => at++ };
}

test("the share is the kernel's stall time of the time that passed", () => {
  const { read, next } = files(
    { "/proc/pressure/cpu": pressure(1_000) },
    { "/proc/pressure/cpu": pressure(60_000_001_000) },
  );
  const end = watchStarvation(read);
  next();
  expect(end()).toEqual({ share: 1, by: "pressure" });
});

test("time that a hypervisor takes away counts too", () => {
  const { read, next } = files({ "/proc/stat": stat(100, 0) }, { "/proc/stat": stat(125, 75) });
  const end = watchStarvation(read);
  next();
  expect(end()).toEqual({ share: 0.75, by: "steal" });
});

test("a quiet machine has a share of 0", () => {
  const quiet = { "/proc/pressure/cpu": pressure(1_000), "/proc/stat": stat(100, 0) };
  const { read, next } = files(quiet, quiet);
  const end = watchStarvation(read);
  next();
  expect(end()).toEqual({ share: 0, by: "pressure" });
});

test("a machine that measures neither is never starved", () => {
  expect(watchStarvation(() => undefined)()).toBeUndefined();
});
