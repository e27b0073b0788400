import type { Container } from "dockerode";
import { expect, test } from "vitest";
import { silenceOf } from "./silence.ts";

/** A container with a state and a log, as the engine answers. */
function container(state: object, log: string | Error): Pick<Container, "inspect" | "logs"> {
  const text = Buffer.from(String(log));
  const frame = Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, text.length]), text]);
  return {
    inspect: async () => ({ State: state }),
    logs: async () => {
      if (log instanceof Error) throw log;
      return text.length === 0 ? text : frame;
    },
  } as unknown as Container;
}

const exited = { Running: false, Status: "exited", ExitCode: 3, Error: "" };

test.each([
  [exited, "", "it printed nothing; the state of its container is 'exited', with exit code 3"],
  [
    { Running: false, Status: "created", ExitCode: 127, Error: "no such file" },
    "\n",
    "it printed nothing; the state of its container is 'created', with exit code 127 (no such file)",
  ],
  [
    { Running: true, Status: "running", ExitCode: 0, Error: "" },
    "",
    "it printed nothing; the state of its container is 'running'",
  ],
  [
    exited,
    "GET /health/liveliness",
    "it printed nothing but the suite's own requests; the state of its container is 'exited', with exit code 3",
  ],
  [
    exited,
    new Error("no driver"),
    "its log cannot be read (no driver); the state of its container is 'exited', with exit code 3",
  ],
])("a part without a log: %j and %j", async (state, log, expected) => {
  expect(await silenceOf(container(state, log))).toBe(expected);
});

test("a container that was never made has no state", async () => {
  const missing = { ...container(exited, ""), inspect: async () => Promise.reject(new Error("404")) };
  expect(await silenceOf(missing as unknown as Container)).toBeUndefined();
});
