import { expect, test } from "vitest";
import { readFacts } from "../../../../helpers/deployment/facts.ts";
import { loadDeployment } from "../../../../helpers/deployment/load.ts";
import { patchedCopy } from "../../../../helpers/deployment/source/patched-copy.ts";
import type { StaticConfiguration } from "../../../../helpers/deployment/traefik/static/static.ts";
import { withTraefik } from "../../../../helpers/deployment/types.ts";
import { accessLogChanges } from "./access-log-changes.ts";
import { staticChanges } from "./static-changes.ts";
import { staticOutput } from "./static-output.ts";
import { suiteName } from "./suite-api.ts";

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

test("on the host's own network, an entry point on the host's loopback listens for the run, and the API's stays where it is", async () => {
  using copy = patchedCopy("deployments/reference", [
    {
      file: "compose.yaml",
      find: "--entryPoints.websecure.address=:443",
      replace: "--entryPoints.websecure.address=127.0.0.1:443",
    },
    {
      file: "compose.yaml",
      find: '    ports:\n      - "80:80"\n      - "443:443"\n',
      replace: "    network_mode: host\n",
    },
    {
      file: "compose.yaml",
      find: "    networks:\n      traefik-net:\n        # The internal name, so that containers on this network use the same URL as the LAN (REACH-07).\n        aliases: [litellm.linuxserver.lan]\n",
      replace: "",
    },
  ]);
  const deployment = withTraefik(await loadDeployment(copy.folder));
  const changes = staticChanges({ deployment, mark: "m", networks: new Map(), processors: 2 });
  const addresses = changes.filter(({ option }) => option.endsWith(".address") && !option.includes(suiteName));
  expect(addresses.map(({ option, value }) => `${option}=${value}`)).toEqual(["entryPoints.websecure.address=:443"]);
});
