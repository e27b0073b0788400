import { isDummyKey } from "../../litellm/dummy-key.ts";
import { isNoSecret } from "../../literals.ts";
import { recognisable } from "../../source/literal-secrets.ts";
import type { SourceLocation } from "../../source/location.ts";
import { mapTexts, type YamlNode } from "../../source/yaml-tree.ts";
import { type SecretKind, secretKind } from "../sections/secret-kinds.ts";
import { type EnvText, emptyNames, filledNames } from "./env-texts.ts";
import { variableReferences } from "./variable-references.ts";
import { type Around, environmentKey } from "./variable-uses.ts";

/** A variable that is a secret, and for which a compose file has a default: `${LITELLM_MASTER_KEY:-replaceme}`. */
export interface SecretDefault {
  name: string;
  kind: SecretKind;
  /** As written. */
  value: string;
  /** Whether it counts for an empty variable too (`:-`). */
  isForEmpty: boolean;
  /** The first use with a default. */
  location: SourceLocation;
}

/**
 * The secrets with defaults in compose files, by the variable's name or by its use. One that is empty by default somewhere does not
 * count: for a program, a value may turn on what empty turns off. Nor does one whose default is made of other variables: those
 * are the secrets. Nor does one whose default says that there is no key.
 */
export function secretDefaults(roots: readonly YamlNode[]): SecretDefault[] {
  const found = new Map<string, SecretDefault>();
  const empty = new Set<string>();
  for (const root of roots)
    mapTexts(root, (text, { location, path }) => {
      for (const { variable: name, operator, word: value, ...around } of variableReferences(text)) {
        if (!operator?.endsWith("-")) continue;
        if (value === "") empty.add(name);
        if (found.has(name) || !isPlain(name, value) || isDummyKey(name, value)) continue;
        const kind = secretKind(name, value) ?? kindByUse(value, around, path);
        if (kind !== undefined) found.set(name, { name, kind, value, isForEmpty: operator.startsWith(":"), location });
      }
      return text;
    });
  return [...found.values()].filter(({ name }) => !empty.has(name));
}

/**
 * Those that no env file may set on the host: where the env file for interpolation is in the folder, what it leaves out has its
 * default there, as a literal has.
 */
export function openDefaults(found: readonly SecretDefault[], main: EnvText | undefined): SecretDefault[] {
  if (main !== undefined && !main.isExample) return [];
  const text = main?.text ?? "";
  const [filled, empty] = [new Set(filledNames(text)), new Set(emptyNames(text))];
  return found.filter(({ name, isForEmpty }) => !filled.has(name) && (isForEmpty || !empty.has(name)));
}

/**
 * Whether the default is the value that a run starts from. It is for a password, which may be that of a server and of its users. A
 * key or a salt has a placeholder instead where the default is an ordinary word, or a secret of another kind has it too: secrets
 * with one value have one canary.
 */
export function isUsable({ kind, value }: SecretDefault, all: readonly SecretDefault[]): boolean {
  if (/[\s"'#]/.test(value)) return false;
  if (kind === "password" || kind === "postgres-url") return true;
  return recognisable(value) && all.every((other) => other.value !== value || other.kind === kind);
}

/** Whether a default is a text of its own that may be a secret. Each shell sets PWD, which is a path. */
function isPlain(name: string, value: string): boolean {
  return value !== "" && !value.replaceAll("$$", "").includes("$") && !isNoSecret(value) && name !== "PWD";
}

/** What the place of a variable says of it: the password in a URL, or all of a service's variable that is a secret by its name. */
function kindByUse(
  value: string,
  { before, after }: Around,
  path: readonly (string | number)[],
): SecretKind | undefined {
  if (/:\/\/[^\s/@]*:$/.test(before) && after.startsWith("@")) return "password";
  const key = environmentKey({ before, after }, path);
  return key === undefined ? undefined : secretKind(key, value);
}
