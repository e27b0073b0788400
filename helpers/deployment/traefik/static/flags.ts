import { suggest } from "../../../core/text/nearest.ts";
import type { ComposeService, ComposeValue } from "../../compose/types.ts";
import type { EditableYaml } from "../../source/editable-yaml.ts";
import type { FaultList } from "../../source/fault-list.ts";
import type { SourceLocation } from "../../source/location.ts";
import type { NoteList } from "../../source/note-list.ts";
import type { EditableValue } from "../../source/text-edit.ts";
import { type NewOption, type OptionText, partOf, type TraefikOption } from "../options.ts";
import type { OptionSchema } from "../schema/generate.ts";
import { isSection, namesIn, problemOfValue, staticSchema, stepInto } from "../schema.ts";

/** A flag as a word of Traefik's command. */
export function formatFlag(name: string, value: string): string {
  return `--${name}=${value}`;
}

/**
 * Reads the flags of a service's command as Traefik does. Flags that Traefik refuses become faults, words that it ignores
 * notes.
 *
 * @param text the compose file as written, for edits of words that do not know their own; without it they can't be edited
 */
export function readFlags(
  { key: service, commandWords }: Pick<ComposeService, "key" | "commandWords">,
  text: EditableYaml | undefined,
  { faults, notes, schema = staticSchema }: { faults: FaultList; notes: NoteList; schema?: OptionSchema },
): TraefikOption[] {
  const options: TraefikOption[] = [];
  const words = commandWords[0]?.value === "traefik" ? commandWords.slice(1) : commandWords;
  const editable = editableWords(words, text);
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) break;
    const flag = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(word.value);
    if (flag === null) {
      notes.add(
        "finding",
        word.location,
        `'${word.value}' in Traefik's command is not an option`,
        "Traefik ignores it and everything after it",
        "write it as --name=value",
      );
      break;
    }
    const [, key = "", own] = flag;
    const following = words[at + 1];
    const separate = own === undefined && following !== undefined && !following.value.startsWith("-");
    const value = own ?? (separate ? following.value : "true");
    options.push({
      source: "flag",
      path: pathOfStatic(key.split("."), `--${key}`, { value, location: word.location }, { faults, schema }),
      key,
      value,
      location: word.location,
      service,
      text: textOf(editable[at], separate ? editable[at + 1] : undefined),
    });
    if (separate) at++;
  }
  return options;
}

/**
 * Follows an option's name through Traefik's static options; known names in lower case. A name or a value that Traefik
 * refuses becomes a fault.
 *
 * @param shown the name as written, for messages
 */
export function pathOfStatic(
  steps: readonly string[],
  shown: string,
  { value, location }: { value: string; location: SourceLocation },
  { faults, schema }: { faults: FaultList; schema: OptionSchema },
): string[] {
  // `configFile` names the static file. It is not an option of the static configuration.
  if (steps.length === 1 && steps[0]?.toLowerCase() === "configfile") return ["configfile"];
  const path: string[] = [];
  let section = schema;
  for (const step of steps) {
    const next = stepInto(section, step);
    if (next === undefined) {
      const known = namesIn(section) ?? [];
      const otherwise =
        known.length === 0 || path.length === 0
          ? "remove it: Traefik would not start"
          : `use one of ${known.join(", ")}`;
      faults.add(location, `unknown option '${shown}' of Traefik`, suggest(step, known, otherwise));
      return [...path, ...steps.slice(path.length)];
    }
    path.push(next.name);
    section = next.schema;
  }
  const problem = isSection(section) || section.type === "string" ? undefined : problemOfValue(path, section, value);
  if (problem !== undefined) faults.add(location, `the option '${shown}' ${problem.what}`, problem.fix);
  return path;
}

/** A word of the command that can be edited: an item of a list, or a part of a text. */
interface EditableWord {
  value: EditableValue;
  remove: OptionText["remove"];
  addAfter: OptionText["addAfter"];
}

/** Undefined for a word that can't be edited. */
function editableWords(words: readonly ComposeValue[], text: EditableYaml | undefined): (EditableWord | undefined)[] {
  let from = 0;
  return words.map((word) => {
    const entry = (word.yaml ?? text)?.at(...word.path);
    if (entry?.value === undefined) return undefined;
    const { value } = entry;
    if (typeof word.path.at(-1) === "number") {
      const addAfter = (options: readonly NewOption[]) =>
        entry.addAfter(options.map(({ key, value: own }) => `- ${listItem(formatFlag(key, own))}`));
      return { value, remove: () => entry.remove(), addAfter };
    }
    // The command is one text: a word that quotes or variables change is not found in it.
    const start = value.text.indexOf(word.value, from);
    if (start === -1) return undefined;
    const end = start + word.value.length;
    from = end;
    const gap = /\s*$/.exec(value.text.slice(0, start))?.[0].length ?? 0;
    return {
      value: partOf(value, start, end),
      remove: () => value.replacePart(start - gap, end, ""),
      addAfter: (options) =>
        value.replacePart(end, end, options.map(({ key, value: own }) => ` ${formatFlag(key, own)}`).join("")),
    };
  });
}

/** A text as an item of a YAML list, quoted where it has to be. */
function listItem(text: string): string {
  return /^[\w./:=,-]+$/.test(text) ? text : JSON.stringify(text);
}

/** @param separate the word with the value, of a flag that has it in a word of its own */
function textOf(word: EditableWord | undefined, separate: EditableWord | undefined): OptionText | undefined {
  if (word === undefined) return undefined;
  if (separate !== undefined) {
    return {
      written: `${word.value.text} ${separate.value.text}`,
      value: separate.value,
      remove: () => {
        const [first, second] = [word.remove(), separate.remove()];
        return first && second && { shown: first.shown, edits: [...first.edits, ...second.edits] };
      },
      addAfter: separate.addAfter,
    };
  }
  const written = word.value.text;
  const equals = written.indexOf("=");
  const set = (text: string) => word.value.replace(`${written}=${text}`);
  return {
    written,
    value:
      equals === -1
        ? { text: "", replace: set, replacePart: (_start, _end, text) => set(text) }
        : partOf(word.value, equals + 1, written.length),
    remove: word.remove,
    addAfter: word.addAfter,
  };
}
