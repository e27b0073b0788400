import { fillInMarks } from "../source/fill-in-marks.ts";
import type { SourceLocation } from "../source/location.ts";
import type { TraefikOption } from "./options.ts";

/** A text that the operator is to replace: `<your-domain>`, `__DOMAIN__`, which Traefik takes as it is written. */
export interface TraefikPlaceholder {
  /** As written: `<your-domain>`. */
  text: string;
  /** Which option has it: `the rule of the router 'api'`. */
  option: string;
  /** What does not work until it is replaced. */
  effect: string;
  location: SourceLocation;
}

/** Not a group of a regular expression, `(?P<name>…)`, and not the target of a header, `<https://…>`. */
const placeholder = /(?<!\(\?P?)<(?!\/|[a-z]+:)[A-Za-z][^<>\n]{0,60}>/g;

/** Whether a text has a placeholder. */
export function hasPlaceholder(text: string): boolean {
  return textsIn(text).length > 0;
}

function textsIn(text: string): string[] {
  return [...new Set([...(text.match(placeholder) ?? []), ...fillInMarks(text).map((one) => one.text)])];
}

/** The placeholders in Traefik's options, each once per option. A plugin may have HTML in its options. */
export function placeholdersIn(options: readonly TraefikOption[]): TraefikPlaceholder[] {
  return options.filter(isOwn).flatMap((option) => {
    return textsIn(option.value).map((text) => ({
      text,
      option: nameOf(option),
      effect: effectOf(option),
      location: option.location,
    }));
  });
}

function isOwn({ path }: TraefikOption): boolean {
  return !path.some((part) => /^plugins?$/i.test(part));
}

function nameOf({ path, key }: TraefikOption): string {
  const [root, section, name = "", ...rest] = path;
  const part = { routers: "router", middlewares: "middleware", services: "service" }[section ?? ""];
  return root === "http" && part !== undefined ? `the ${rest.join(".")} of the ${part} '${name}'` : key;
}

function effectOf({ path }: TraefikOption): string {
  const name = path.join(".");
  if (/^http\.routers\..*\.rule$/i.test(name))
    return "Traefik takes it as it is written, so that the rule matches no request of a client";
  if (/\.(?:basicauth|digestauth)\.users(?:\[\d+\])?$/i.test(name))
    return "Traefik takes it as it is written, so that no password is right";
  return "Traefik takes it as it is written";
}
