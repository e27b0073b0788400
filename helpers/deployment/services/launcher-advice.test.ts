import { expect, test } from "vitest";
import { readLauncher } from "./launcher.ts";
import { serviceAdvice, stdioAdvice } from "./launcher-advice.ts";
import { type Launcher, launchedServer } from "./stdio-servers.ts";

function launcherOf(text: string): Launcher {
  const [command = "", ...args] = text.split(" ");
  const call = readLauncher(command, args);
  const launcher = call && launchedServer(call, args, undefined)?.launcher;
  if (launcher === undefined) throw new Error(`${text} is not a launcher`);
  return launcher;
}

test.each([
  ["npx -y time-mcp", "npx asks the registry for time-mcp each time LiteLLM starts the upstream one"],
  [
    "uvx --python 3.12 time-mcp@1.0.0",
    "uvx asks the registry for time-mcp@1.0.0 each time LiteLLM starts the upstream one",
  ],
  [
    "uvx --offline time-mcp@1.0.0",
    "uvx --offline fetches nothing: the upstream one starts only where LiteLLM's container has time-mcp@1.0.0",
  ],
  [
    "npx --offline -y time-mcp",
    "npx --offline fetches nothing: the upstream one starts only where LiteLLM's container has time-mcp",
  ],
  [
    "npx --no-install time-mcp",
    "npx --no-install fetches nothing: the upstream one starts only where LiteLLM's container has time-mcp",
  ],
  [
    "npx --no time-mcp",
    "npx --no fetches nothing: the upstream one starts only where LiteLLM's container has time-mcp",
  ],
  [
    "docker run -i --pull never mcp/time",
    "docker --pull=never fetches nothing: the upstream one starts only where the gateway host has mcp/time",
  ],
  ["docker run -i mcp/time", "the image mcp/time of the upstream one has no fixed version"],
  ["docker run -i mcp/time:1.0", undefined],
])("of %s an operator reads: %s", (command, what) => {
  expect(stdioAdvice(launcherOf(command), "one")?.what).toBe(what);
});

test("an option of the server is not the launcher's", () => {
  expect(launcherOf("npx -y time-mcp --offline").offline).toBeUndefined();
});

test("a compose service that fetches nothing at its start", () => {
  expect(serviceAdvice(launcherOf("npx -y time-mcp"), "time").what).toBe(
    "npx asks the registry for time-mcp each time time starts",
  );
  expect(serviceAdvice(launcherOf("npx --offline time-mcp"), "time")).toEqual({
    what: "npx --offline fetches nothing: time starts only where its container has time-mcp",
    why: "the run installs it, so that whether the gateway has it is not tried",
    fix: "install the package in the image of time",
  });
});
