import { expect, test } from "vitest";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { curl, statuses } from "./curl.ts";

const requests = ["/a", "/b", "/c"].map((path) => ({
  method: "GET",
  url: `http://gateway.lan:4000${path}`,
  bearer: undefined,
}));

interface Output {
  exitCode?: number;
  stdout?: string;
  stderr?: string;
}

/** A machine on which successive curl commands end like this. */
function machine(...outputs: Output[]) {
  const commands: string[] = [];
  const run = async (_: string, command: readonly string[]) => {
    commands.push(command.join(" "));
    const { exitCode = 0, stdout = "", stderr = "" } = outputs.shift() ?? {};
    return { id: `command-${commands.length}`, exitCode, stdout, stderr };
  };
  return { commands, run };
}

test("a request without a response in a short time is sent again by itself, with a longer time", async () => {
  const busy = machine({ stdout: "200 0 0\n000 0 28\n401 0 0\n" }, { stdout: "403 12 0\n" });
  expect(await statuses(busy, "lan-host", requests)).toEqual([
    { status: 200, size: 0, isLate: false, command: "command-1" },
    { status: 403, size: 12, isLate: false, command: "command-2" },
    { status: 401, size: 0, isLate: false, command: "command-1" },
  ]);
  expect(busy.commands[1]).toContain(`--max-time ${deadlines.mcpRequest / 1000} `);
  expect(busy.commands[1]).toMatch(/gateway\.lan:4000\/b$/);
  expect(busy.commands).toHaveLength(2);
});

test("a request with a response is sent once; one without a response in any time has status 0", async () => {
  const both = async (...printed: string[]) =>
    (await statuses(machine(...printed.map((stdout) => ({ stdout }))), "lan-host", requests)).map(
      ({ status, isLate }) => ({ status, isLate }),
    );
  const prompt = machine({ stdout: "200\n404\n401\n" });
  expect((await statuses(prompt, "lan-host", requests)).map((one) => one.status)).toEqual([200, 404, 401]);
  expect(prompt.commands).toHaveLength(1);
  // Curl's exit code tells a request whose time ended (28) from a refused connection (7).
  expect(await both("000 0 28\n000 0 7\n401 0 0\n", "000 0 28\n000 0 7\n")).toEqual([
    { status: 0, isLate: true },
    { status: 0, isLate: false },
    { status: 401, isLate: false },
  ]);
});

test("an answer has the status and body, or the error with its likely cause", async () => {
  const options = { deadline: 1000 };
  const answered = machine({ stdout: '{"ok":true}\n200' });
  expect(await curl(answered, "lan-host", "http://gateway.lan/", options)).toMatchObject({
    status: 200,
    body: '{"ok":true}',
    text: "status 200",
    evidence: { received: '200\n{"ok":true}', commands: ["command-1"] },
  });
  const unresolved = machine({ exitCode: 28, stdout: "\n000", stderr: "curl: (28) Resolving timed out after 1 ms\n" });
  expect(await curl(unresolved, "lan-host", "http://gateway.lan/", options)).toMatchObject({
    status: 0,
    text: "curl: (28) Resolving timed out after 1 ms",
    cause: "the name does not resolve on this network",
  });
  const dropped = machine({ exitCode: 28, stdout: "\n000", stderr: "curl: (28) Connection timed out\n" });
  expect((await curl(dropped, "lan-host", "http://gateway.lan/", options)).cause).toMatch(/a rule drops the packets/);
  const unfinished = machine({ exitCode: 28, stdout: "\n200", stderr: "curl: (28) Operation timed out\n" });
  expect(await curl(unfinished, "lan-host", "http://gateway.lan/", options)).toMatchObject({
    status: 200,
    cause: "the response begins, but does not end in time: the gateway hangs or is overloaded",
  });
});
