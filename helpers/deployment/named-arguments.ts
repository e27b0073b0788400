import type { Written } from "./source/location.ts";

/** A value in the words of a command, and the name that stands in front of it. */
export interface NamedArgument {
  /** Without dashes: `api-key` of `--api-key VALUE`, `GITHUB_TOKEN` of `GITHUB_TOKEN=VALUE`. */
  name: string;
  value: Written<string>;
}

/** `--name=value`, `NAME=value`, `name=value` in a longer text such as a DSN, a URL's query or a shell's command. */
const assignment = /(?:^|[\s;&?])-{0,2}([A-Za-z][\w.-]*)=(?:"([^"]*)"|'([^']*)'|([^\s"'&;]+))/g;

/** `X-API-Key: value`, a header. */
const header = /^([A-Za-z][\w-]*):\s*([^\s/]\S*)$/;

/** The values of a command that a name stands in front of: as an option, as a variable, as a header. */
export function namedArguments(words: readonly Written<string>[]): NamedArgument[] {
  return words.flatMap(({ value: word, location }, index) => {
    const [, option] = /^--?([A-Za-z][\w-]*)$/.exec(words[index - 1]?.value ?? "") ?? [];
    const pairs = [...word.matchAll(assignment)].map(([, name = "", ...values]) => [name, values.find(Boolean) ?? ""]);
    const [, key = "", text = ""] = header.exec(word) ?? [];
    const all = [...pairs, ...(key === "" ? [] : [[key, text]])];
    if (option !== undefined && all.length === 0 && !word.startsWith("-")) all.push([option, word]);
    return all.map(([name = "", value = ""]) => ({ name, value: { value, location } }));
  });
}
