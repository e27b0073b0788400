import { expect, test } from "vitest";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { statuses } from "./curl.ts";

const requests = ["/a", "/b", "/c"].map((path) => ({
  method: "GET",
  url: `http://gateway.lan:4000${path}`,
  bearer: undefined,
}));

/** A machine on which successive curl commands print these texts. */
function machine(...printed: string[]) {
  const commands: string[] = [];
  const run = async (_: string, command: readonly string[]) => {
    commands.push(command.join(" "));
    return { exitCode: 0, stdout: printed.shift() ?? "", stderr: "", took: 0 };
  };
  return { commands, run };
}

test("a request without a response is sent again on its own, with a longer deadline", async () => {
  const busy = machine("200\n000\n401\n", "403\n");
  expect(await statuses(busy, "lan-host", requests)).toEqual([200, 403, 401]);
  expect(busy.commands[1]).toContain(`--max-time ${deadlines.mcpRequest / 1000} `);
  expect(busy.commands[1]).toMatch(/gateway\.lan:4000\/b$/);
  expect(busy.commands).toHaveLength(2);
});

test("a request with a response is sent once; without any response the status is 0", async () => {
  const prompt = machine("200\n404\n401\n");
  expect(await statuses(prompt, "lan-host", requests)).toEqual([200, 404, 401]);
  expect(prompt.commands).toHaveLength(1);
  expect(await statuses(machine("000\n000\n401\n", "000\n000\n"), "lan-host", requests)).toEqual([0, 0, 401]);
});
