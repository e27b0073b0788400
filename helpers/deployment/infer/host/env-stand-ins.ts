import { basename, dirname } from "node:path";
import type { Stated } from "../policy-input.ts";
import { filledText } from "./env-texts.ts";

/** An env file that stands for one that is not in the folder. */
export interface EnvStandIn {
  /** The path that it stands for, as the policy names it. */
  stated: string;
  /** The variables that it sets and no file does. */
  made: readonly string[];
  /** Those of them that have the default of a compose file. */
  byDefault: readonly string[];
  /** Those of them that have the value of another env file of the deployment, with that file; the others have placeholders. */
  shared: ReadonlyMap<string, string>;
  /** Whether all that it sets are secrets that compose files have defaults for: then the file itself may not exist on the host. */
  isForDefaults: boolean;
  text: string;
}

/**
 * An env file with values of its own.
 *
 * @param example the text that it begins with
 * @param byDefault those of the variables that have the default of a compose file
 * @param defaults the secrets that compose files have defaults for
 * @param shared those of the variables that have the value of another env file, with that file
 */
export function envStandIn(
  stated: string,
  example: string,
  made: ReadonlyMap<string, string>,
  {
    byDefault = [],
    defaults = [],
    shared = new Map(),
  }: { byDefault?: readonly string[]; defaults?: readonly string[]; shared?: ReadonlyMap<string, string> } = {},
): EnvStandIn {
  const names = [...made.keys()];
  return {
    stated,
    made: names,
    byDefault,
    shared,
    isForDefaults: example === "" && defaults.length > 0 && names.every((name) => defaults.includes(name)),
    text: filledText(example, made),
  };
}

/** The stand-ins of all projects by the names of their files: one for each env file that is missing, whichever projects name it. */
export function standInsByFile(all: readonly EnvStandIn[]): Map<string, EnvStandIn> {
  const byPath = new Map<string, EnvStandIn>();
  for (const standIn of all) {
    const other = byPath.get(standIn.stated);
    byPath.set(standIn.stated, other === undefined ? standIn : joined(other, standIn));
  }
  const paths = [...byPath.keys()];
  const labels = paths.map(shortLabel);
  const labelOf = (path: string, index: number): string => {
    if (paths.length === 1) return "";
    const label = labels[index] ?? "";
    return labels.filter((one) => one === label).length === 1 ? label : longLabel(path);
  };
  return new Map(
    [...byPath].map(([path, standIn], index) => [
      ["init", labelOf(path, index), "env"].filter((part) => part !== "").join("."),
      standIn,
    ]),
  );
}

/** What a policy states of the path that a stand-in is for. */
export function standInPath(standIn: EnvStandIn, file: string): [string, Stated<string>] {
  const { stated, isForDefaults } = standIn;
  const content = contentOf(standIn);
  const value = `./${file}`;
  if (isForDefaults)
    return [
      stated,
      {
        value,
        remarks: [`${file} sets variables that only have defaults in the compose files, with ${content}.`],
      },
    ];
  const question = `what does ${stated} set? It is not in this folder; ${file} stands for it, with ${content}`;
  return [stated, { value, questions: [question] }];
}

/** The text of a stand-in's file. */
export function standInText({ stated, text }: EnvStandIn): string {
  return `# Stands for ${stated}, which is not in this folder. Written by \`npm run init\`.\n${text}\n`;
}

/** What is in a stand-in, in words. */
function contentOf({ made, byDefault, shared, text }: EnvStandIn): string {
  const placeholders = made.filter((name) => !byDefault.includes(name) && !shared.has(name));
  const parts = [
    ...(placeholders.length === 0 ? [] : [`placeholders for ${placeholders.join(", ")}`]),
    ...(byDefault.length === 0 ? [] : [`the compose files' defaults for ${byDefault.join(", ")}`]),
    ...[...new Set(shared.values())].map((file) => {
      const names = [...shared].flatMap(([name, from]) => (from === file ? [name] : []));
      return `the values of ${file} for ${names.join(", ")}`;
    }),
  ];
  if (parts.length > 0) return parts.join(" and ");
  return text.includes("=") ? "the values of its example" : "no variable";
}

/** What the first one sets counts; the second one adds what it fills in itself, and the rest. */
function joined(first: EnvStandIn, second: EnvStandIn): EnvStandIn {
  const others = new Map(second.text.split("\n").flatMap((line) => (line.includes("=") ? [[nameOf(line), line]] : [])));
  const lines = first.text.replace(/\n$/, "").split("\n");
  // Both begin with the same example, and each fills in what it needs itself.
  const filled = lines.map((line) => {
    const name = nameOf(line);
    const isOfSecond = second.made.includes(name) && !first.made.includes(name);
    return isOfSecond ? (others.get(name) ?? line) : line;
  });
  for (const line of lines) others.delete(nameOf(line));
  return {
    stated: first.stated,
    made: [...new Set([...first.made, ...second.made])],
    byDefault: [...new Set([...first.byDefault, ...second.byDefault])],
    shared: new Map([...first.shared, ...second.shared]),
    isForDefaults: first.isForDefaults && second.isForDefaults,
    text: [...filled, ...others.values()].join("\n"),
  };
}

function nameOf(line: string): string {
  return line.replace(/=.*$/s, "").trim();
}

/** What tells one env file from another in the name of its stand-in: the file's own name, or that of its folder. */
function shortLabel(path: string): string {
  return slug(basename(withoutEnv(path)) || basename(dirname(path)));
}

function longLabel(path: string): string {
  return slug(withoutEnv(path).replaceAll("/", "--")) || slug(dirname(path).replaceAll("/", "--"));
}

/** `litellm/.env` without its ending is `litellm/`; `keys.env` and `.env.keys` are `keys`. */
function withoutEnv(path: string): string {
  const folder = path.slice(0, path.length - basename(path).length);
  return `${folder}${basename(path).replace(/(?:^|\.)env(?=\.|$)/, "")}`;
}

function slug(text: string): string {
  return text.replaceAll(/[^\w.-]+/g, "-").replaceAll(/^[.-]+|[.-]+$/g, "");
}
