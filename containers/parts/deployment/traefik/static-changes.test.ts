import { expect, test } from "vitest";
import { readFacts } from "../../../../helpers/deployment/facts.ts";
import { patchedCopy } from "../../../../helpers/deployment/source/patched-copy.ts";
import type { StaticConfiguration } from "../../../../helpers/deployment/traefik/static/static.ts";
import { accessLogChanges } from "./access-log-changes.ts";
import { staticOutput } from "./static-output.ts";

/** The reference's static configuration, with other flags in place of its access log. */
function withFlags(...flags: string[]): StaticConfiguration {
  using copy = patchedCopy("deployments/reference", [
    {
      file: "compose.yaml",
      find: "      - --accessLog=true\n",
      replace: flags.map((flag) => `      - ${JSON.stringify(flag)}\n`).join(""),
    },
  ]);
  const model = readFacts(copy.folder).traefik();
  if (model === undefined) throw new Error("no Traefik");
  return model.static;
}

/** The flags of the run that decide what the access log has. */
function logFlags(...flags: string[]): string[] {
  const configuration = withFlags(...flags);
  const output = staticOutput(configuration, accessLogChanges(configuration));
  const command = "command" in output ? output.command : [];
  return command.filter((flag) => /^--accesslog/i.test(flag)).map((flag) => flag.slice("--".length));
}

const always = ["accessLog.fields.headers.names.User-Agent=keep", "accessLog.addInternals=true"];

test("headers that the operator keeps in a JSON log stay, and dropped fields stay dropped", () => {
  expect(
    logFlags(
      "--accessLog.format=json",
      "--accessLog.fields.headers.defaultMode=keep",
      "--accessLog.fields.names.RequestPath=drop",
    ),
  ).toEqual([
    "accessLog.format=json",
    "accessLog.fields.headers.defaultMode=keep",
    "accessLog.fields.names.RequestPath=drop",
    ...always,
  ]);
});

test("a log in another format has no header that the format does not print", () => {
  expect(logFlags("--accessLog=true", "--accessLog.fields.headers.defaultMode=keep")).toEqual([
    "accessLog=true",
    "accessLog.format=json",
    "accessLog.fields.headers.names.Referer=keep",
    ...always,
  ]);
});

test("without a log of the operator's the suite's has only what it reads", () => {
  expect(logFlags("--log.level=INFO")).toEqual([
    "accessLog.format=json",
    "accessLog.fields.defaultMode=drop",
    "accessLog.fields.names.RouterName=keep",
    "accessLog.fields.names.ServiceAddr=keep",
    "accessLog.fields.names.DownstreamStatus=keep",
    ...always,
  ]);
});

test("what the suite reads is kept where the operator drops it, and every line is logged to the output", () => {
  expect(
    logFlags(
      "--accessLog.format=json",
      "--accessLog.filePath=/log",
      "--accessLog.filters.statusCodes=500",
      "--accessLog.fields.defaultMode=drop",
      "--accessLog.fields.names.RouterName=keep",
    ),
  ).toEqual([
    "accessLog.format=json",
    "accessLog.fields.defaultMode=drop",
    "accessLog.fields.names.RouterName=keep",
    "accessLog.fields.names.ServiceAddr=keep",
    "accessLog.fields.names.DownstreamStatus=keep",
    ...always,
  ]);
});
