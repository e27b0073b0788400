import { expect, test } from "vitest";
import { FaultList } from "../../../helpers/deployment/source/fault-list.ts";
import { NoteList } from "../../../helpers/deployment/source/note-list.ts";
import { readFlags } from "../../../helpers/deployment/traefik/static/flags.ts";
import { StaticConfiguration } from "../../../helpers/deployment/traefik/static/static.ts";
import { liteLLMIdleTimeout, traefikDefault, traefikIdleTimeout, uvicornDefault } from "./idle-limits.ts";

const option = "--serversTransport.forwardingTimeouts.idleConnTimeout";

test.each([
  [[], traefikDefault],
  [["--api=true"], traefikDefault],
  [[`${option}=30`], 30],
  [[`${option}=30s`], 30],
  [[`${option}=1m30s`], 90],
  [[`${option}=1h`], 3600],
  [[`${option}=1.5m`], 90],
  [[`${option}=500ms`], 0.5],
  [["--serverstransport.forwardingtimeouts.idleconntimeout=2m"], 120],
  [[`${option}=0`], Number.POSITIVE_INFINITY],
  [[`${option}=0s`], Number.POSITIVE_INFINITY],
])("Traefik's command %j keeps an idle connection for %d s", (command, seconds) => {
  const location = { file: "/compose.yaml", line: 1 };
  const commandWords = command.map((value, index) => ({ value, location, path: [index] }));
  const options = readFlags({ key: "traefik", commandWords }, undefined, {
    faults: new FaultList(),
    notes: new NoteList(),
  });
  expect(traefikIdleTimeout(new StaticConfiguration(options))).toBeCloseTo(seconds, 6);
});

test.each([
  [[], undefined, uvicornDefault],
  [[], "95", 95],
  [["--port", "4000"], "95", 95],
  [["--keepalive_timeout", "120"], "95", 120],
  [["--keepalive_timeout=120"], "95", 120],
  [["--keepalive_timeout"], "95", Number.NaN],
  [[], "for ever", Number.NaN],
  [[], "95s", Number.NaN],
  [[], "", Number.NaN],
])("LiteLLM's command %j with KEEPALIVE_TIMEOUT=%s keeps one for %d s", (command, variable, seconds) => {
  expect(liteLLMIdleTimeout(command, variable)).toBe(seconds);
});
