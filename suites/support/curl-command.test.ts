import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { curlCommand } from "./curl-command.ts";

/** What curl is called with on a machine that resolves every name to 10.0.0.7. */
function calledWith(url: string, options: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "curl-"));
  try {
    const program = (name: string, text: string): void =>
      writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    program("curl", `printf '%s\\n' "$@"`);
    program("getent", `echo "10.0.0.7 STREAM $2"; echo "10.0.0.8 DGRAM"`);
    const [command = "", ...rest] = curlCommand(url, options);
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
    return execFileSync(command, rest, { env, encoding: "utf8" }).trim().split("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a name below localhost is asked at the address that DNS has, in each request; every other name as it is", () => {
  const options = ["--silent", "http://llm.localhost/a", "--next", "--data", "{ }", "http://llm.localhost/b"];
  const to = ["--connect-to", "llm.localhost::10.0.0.7:"];
  expect(calledWith("http://llm.localhost/a", options)).toEqual([
    ...to,
    ...options.slice(0, 3),
    ...to,
    ...options.slice(3),
  ]);
  expect(calledWith("http://llm.lan/a", options)).toEqual(options);
});
