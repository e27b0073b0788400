import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fillInMarks, withMarksFilledIn } from "../../source/fill-in-marks.ts";
import type { Stated } from "../policy-input.ts";
import { isTemplateOf, plainName } from "./host-copies.ts";
import type { KnownServers, Placeholders } from "./placeholders.ts";

/** A file that is made from a template, because its variables are filled in on deploy only. */
export interface RenderedCopy {
  /** Relative to the folder. */
  file: string;
  text: string;
}

/** What a template's variables stand for. */
export interface TemplateValues {
  /** By the env file of the project, without those that are empty. */
  given: ReadonlyMap<string, string>;
  /** Those that the env file sets to an empty text. */
  empty: ReadonlySet<string>;
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
  { given, empty, placeholders, servers }: TemplateValues,
): { copies: Map<string, Stated<string>>; rendered: RenderedCopy[] } {
  const rendered = new Map<string, RenderedCopy>();
  const valuesOf = (template: string): Map<string, string> =>
    new Map(
      namesIn(template).map((name) => {
        const known = secretName.test(name) ? undefined : given.get(name);
        const left = empty.has(name) && isWholeValue(template, name) ? "" : undefined;
        const made = placeholders.value(name, undefined, servers);
        // In a URL it is the host.
        const fitting = new RegExp(`://(?:\\$\\{?|__|\\{\\{\\s*)${name}(?!_?[A-Z0-9])`).test(template)
          ? made.replace(/^https?:\/\//, "")
          : made;
        return [name, known ?? left ?? fitting] as const;
      }),
    );
  const render = (file: string, template: string, head: string): void => {
    const values = valuesOf(template);
    const withVariables = template.replaceAll(
      variable,
      (whole, braced?: string, bare?: string) => values.get(braced ?? bare ?? "") ?? whole,
    );
    const text = withMarksFilledIn(withVariables, (name) => values.get(name));
    // JSON has no comments.
    rendered.set(file, { file, text: file.endsWith(".json") ? text : head + text });
  };
  const stated = [...copies].map(([path, copy]): [string, Stated<string>] => {
    const source = copy.value.slice(2);
    const at = join(folder, source);
    const stands = `Stands for ${path}, which is not in this folder: ${source}, filled in by \`npm run init\`.`;
    const file = `init.${basename(path)}`;
    const question = (names: readonly string[]): string[] => [
      `what does the deployment fill in for ${names.join(", ")} in ${source}? ${path} is not in this folder; ${file} stands for it`,
    ];
    if (existsSync(at) && statSync(at).isDirectory()) {
      const entries = readdirSync(at, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => ({ name, text: readFileSync(join(at, name), "utf8") }));
      const templates = entries.filter(({ name }) => isTemplate(name));
      if (templates.length === 0) return [path, copy];
      const names = [...new Set(templates.flatMap(({ text }) => namesIn(text)))];
      for (const { name, text } of entries) {
        if (isTemplate(name)) render(`${file}/${plainName(name)}`, text, `# ${stands}\n`);
        else rendered.set(`${file}/${name}`, { file: `${file}/${name}`, text });
      }
      const isCopy = `are the templates of ${source}, without the ending of their names, what ${path} has? It is not in this folder; ${file} stands for it`;
      return [path, { value: `./${file}`, questions: names.length === 0 ? [isCopy] : question(names) }];
    }
    if (!isTemplateOf(basename(copy.value), basename(path))) return [path, copy];
    const template = readFileSync(at, "utf8");
    const names = namesIn(template);
    if (names.length === 0) return [path, copy];
    render(file, template, `# ${stands}\n`);
    return [path, { value: `./${file}`, questions: question(names) }];
  });
  return { copies: new Map(stated), rendered: [...rendered.values()] };
}

/** Whether a variable is the whole value of each key that has it: an empty one turns the setting off, and breaks no text around it. */
function isWholeValue(template: string, name: string): boolean {
  const uses = template.split("\n").filter((line) => namesIn(line).includes(name));
  return uses.every((line) => new RegExp(`^\\s*[\\w.-]+:\\s*["']?\\$\\{?${name}\\}?["']?\\s*(?:#.*)?$`).test(line));
}

/** Whether a file of a directory is one that a program which reads the directory passes over until it is filled in. */
function isTemplate(name: string): boolean {
  return /[.-](?:template|tmpl|tpl)(?=\.|$)/.test(name);
}

/** The variables and the marks of a template, each once. */
function namesIn(template: string): string[] {
  const variables = [...template.matchAll(variable)].flatMap(([, braced, bare]) => braced ?? bare ?? []);
  return [...new Set([...variables, ...fillInMarks(template).map(({ name }) => name)])];
}
