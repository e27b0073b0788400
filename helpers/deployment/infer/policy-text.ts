import { stringify } from "yaml";
import { isRecord } from "../../core/text/json.ts";
import type { PolicyDraft, Stated } from "./policy-input.ts";

const width = 120;

/** The text of `policy.yaml`, with a comment for what a reader has to know, and `# QUESTION:` for what he has to decide. */
export function policyText(draft: PolicyDraft): string {
  const sections = [
    head(draft),
    section("Names of compose services.", draft.services && [line("services", draft.services)]),
    section(
      "The variables that the compose files use. Where the file is missing, its example is read (`.example`, `.template`, `.sample`, `.dist`, `.tmpl`).",
      draft.envFile && [...comments(draft.envFile), line("env_file", draft.envFile.value)],
    ),
    list("The compose projects, paths relative to this file.", "compose", draft.compose),
    map("Variables of the shell in which compose is called.", "variables", draft.variables),
    map("Files of the host that are not in this folder, and what stands for them here.", "files", draft.files),
    map("How services are run whose image does not say it, or can't be had.", "parts", draft.parts),
    list(
      draft.refusal === undefined
        ? "Who may reach what. Of `access` the first rule that matches counts; `/x/**` is everything below /x."
        : "The names by which clients call the gateway.",
      "hosts",
      draft.hosts,
    ),
    list(
      "Open to anyone, on every host. `below: true` also opens what lies below. `status` is LiteLLM's own answer to a GET.",
      "public",
      draft.public,
    ),
    section(
      "Everything else needs a Bearer credential. The answer to a request without one:",
      draft.refusal && [line("refusal", draft.refusal)],
    ),
    list("Routes on which Traefik adds a key for callers that have none.", "injected", draft.injected),
    list("The MCP servers behind LiteLLM, and the tools that each must offer.", "upstreams", draft.upstreams),
    list("The models that clients are offered.", "models", draft.models),
    clients(draft),
    list(
      "Variables that hold a secret, and the only places where it may be seen. A run replaces each by a canary.",
      "secrets",
      draft.secrets,
    ),
    list("Traffic that is meant. What is not here is denied.", "reach", draft.reach),
    list("Services that are meant to have the engine's socket.", "docker_socket", draft.dockerSocket),
    section(
      "The gateway host's firewall, and how a denial looks.",
      draft.firewall && [...comments(draft.firewall), ...block("firewall", draft.firewall.value)],
    ),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function head({ remarks, toFix, questions }: PolicyDraft): string[] {
  const asked = (all: readonly string[]): string[] => all.flatMap((question) => wrapped(`QUESTION: ${question}`));
  const isSplit = toFix.length > 0 && questions.length > 0;
  return [
    ...wrapped(
      "What is meant to hold for this gateway, as far as its files and its answers show it. Written by `npm run init`.",
    ),
    ...wrapped(
      "Change what is not meant, and answer each QUESTION: until then the value below it is a guess. docs/policy.md lists every key.",
    ),
    ...remarks.flatMap((remark) => wrapped(remark)),
    ...(toFix.length > 0 ? wrapped("To be fixed in the deployment's files first:") : []),
    ...asked(toFix),
    ...(isSplit ? wrapped("Guessed for the policy:") : []),
    ...asked(questions),
  ];
}

function section(about: string, lines: readonly string[] | undefined): string[] {
  return lines === undefined ? [] : [...wrapped(about), ...lines];
}

function list(about: string, key: string, items: readonly Stated<unknown>[]): string[] {
  if (items.length === 0) return [];
  return [...wrapped(about), `${key}:`, ...items.flatMap((item) => [...comments(item, "  "), ...listItem(item.value)])];
}

function clients({ clients: items, reasonWithoutCodex }: PolicyDraft): string[] {
  const remark = reasonWithoutCodex === undefined ? [] : wrapped(`No Codex client: ${reasonWithoutCodex}.`);
  const [about = "", ...lines] = list("Clients of the gateway.", "clients", items);
  return items.length === 0 ? remark : [about, ...remark, ...lines];
}

function map(about: string, key: string, entries: ReadonlyMap<string, Stated<unknown>>): string[] {
  if (entries.size === 0) return [];
  return [
    ...wrapped(about),
    `${key}:`,
    ...[...entries].flatMap(([name, item]) => [...comments(item, "  "), `  ${flow(name)}: ${flow(item.value)}`]),
  ];
}

/** On one line where it fits, else in block style, its inner items on one line each where they fit. */
function listItem(value: unknown): string[] {
  const single = `  - ${flow(value)}`;
  if (single.length <= width) return [single];
  return block(undefined, value).map((text, index) => `${index === 0 ? "  - " : "    "}${text}`);
}

function block(key: string | undefined, value: unknown): string[] {
  if (!isRecord(value)) return [line(key ?? "", value)];
  const own = Object.entries(value).flatMap(([name, inner]) => entryLines(name, inner));
  return key === undefined ? own : [`${key}:`, ...own.map((text) => `  ${text}`)];
}

function entryLines(name: string, value: unknown): string[] {
  const single = `${name}: ${flow(value)}`;
  const isFlat = !Array.isArray(value) || !value.some(isRecord);
  if (single.length <= width - 4 && isFlat && !isRecord(value)) return [single];
  if (Array.isArray(value)) return [`${name}:`, ...value.flatMap((item) => listItem(item))];
  return single.length <= width - 4 ? [single] : block(name, value);
}

function line(key: string, value: unknown): string {
  return `${key}: ${flow(value)}`;
}

/** A value in YAML's flow style, on one line. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (isRecord(value)) {
    const entries = Object.entries(value).map(([key, inner]) => `${flow(key)}: ${flow(inner)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  // Within a flow collection, so that whatever needs quotes there gets them.
  return stringify([value], { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: false })
    .trim()
    .slice(1, -1);
}

function comments({ remarks = [], questions = [] }: Stated<unknown>, indent = "", said = new Set<string>()): string[] {
  const texts = [...remarks, ...questions.map((question) => `QUESTION: ${question}`)];
  return texts.flatMap((text) => {
    if (said.has(text)) return [];
    said.add(text);
    return wrapped(text, indent);
  });
}

/** A text as comment lines. */
function wrapped(text: string, indent = ""): string[] {
  const lines: string[] = [];
  let current = `${indent}#`;
  for (const word of text.replaceAll(/\s+/g, " ").trim().split(" ")) {
    if (current.length + 1 + word.length > width && current !== `${indent}#`) {
      lines.push(current);
      current = `${indent}#`;
    }
    current += ` ${word}`;
  }
  return [...lines, current];
}
