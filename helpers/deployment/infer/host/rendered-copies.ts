import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Stated } from "../policy-input.ts";
import { isTemplateOf } from "./host-copies.ts";
import type { KnownServers, Placeholders } from "./placeholders.ts";

/** A file that is made from a template, because its variables are filled in on deploy only. */
export interface RenderedCopy {
  /** Relative to the folder. */
  file: string;
  text: string;
}

/** What a template's variables stand for. */
export interface TemplateValues {
  /** By the env file of the project. */
  given: ReadonlyMap<string, string>;
  placeholders: Placeholders;
  servers: KnownServers;
}

/** Variables as envsubst(1) replaces them. Traefik's own `$1` and `${name}` of regular expressions are in lower case. */
const variable = /\$\{([A-Z][A-Z0-9_]*)\}|\$([A-Z][A-Z0-9_]+)\b/g;

/** Secrets stay out of the files that `init` writes. */
const secretName = /KEY|TOKEN|PASSWORD|SECRET/;

/**
 * Fills in the copies that are templates with variables: a program that reads one as it is takes `${NAME}` literally.
 *
 * @param copies paths of the host, as the policy names them, to copies in the folder
 */
export function renderCopies(
  folder: string,
  copies: ReadonlyMap<string, Stated<string>>,
  { given, placeholders, servers }: TemplateValues,
): { copies: Map<string, Stated<string>>; rendered: RenderedCopy[] } {
  const rendered = new Map<string, RenderedCopy>();
  const stated = [...copies].map(([path, copy]): [string, Stated<string>] => {
    if (!isTemplateOf(basename(copy.value), basename(path))) return [path, copy];
    const template = readFileSync(join(folder, copy.value), "utf8");
    const names = [...template.matchAll(variable)].flatMap(([, braced, bare]) => braced ?? bare ?? []);
    if (names.length === 0) return [path, copy];
    const file = `init.${basename(path)}`;
    const values = new Map(
      [...new Set(names)].map((name) => {
        const known = secretName.test(name) ? undefined : given.get(name);
        return [name, known ?? placeholders.value(name, undefined, servers)] as const;
      }),
    );
    const text = template.replaceAll(variable, (whole, braced?: string, bare?: string) => {
      return values.get(braced ?? bare ?? "") ?? whole;
    });
    const head = `# Stands for ${path}, which is not in this folder: ${copy.value.slice(2)}, filled in by \`npm run init\`.\n`;
    // JSON has no comments.
    rendered.set(file, { file, text: file.endsWith(".json") ? text : head + text });
    const question = `what does the deployment fill in for ${[...values.keys()].join(", ")} in ${copy.value.slice(2)}? ${path} is not in this folder; ${file} stands for it`;
    return [path, { value: `./${file}`, questions: [question] }];
  });
  return { copies: new Map(stated), rendered: [...rendered.values()] };
}
