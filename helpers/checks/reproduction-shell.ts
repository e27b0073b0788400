/** Quotes texts for bash; where a text contains a known value, e.g. a secret, the variable of its name takes its place. */
export class Shell {
  readonly #known: readonly (readonly [string, string])[];

  /** @param known name of a variable, and the value that it stands for */
  constructor(known: readonly (readonly [string, string])[]) {
    this.#known = known;
  }

  /** Names of the known values that a text contains. */
  namesIn(text: string): string[] {
    return this.#known.filter(([, value]) => text.includes(value)).map(([name]) => name);
  }

  /** A word of bash that expands to the text. */
  quote(text: string): string {
    if (text === "") return "''";
    return this.#split(text)
      .map((piece) => (piece.name === undefined ? quoted(piece.text) : `"$${piece.name}"`))
      .join("");
  }

  /** A `printf` command that writes exactly these bytes (Latin-1). */
  printf(bytes: string): string {
    const pieces = this.#split(bytes);
    const format = pieces.map(({ name, text }) => (name === undefined ? escaped(text) : "%s")).join("");
    const names = pieces.flatMap(({ name }) => (name === undefined ? [] : [`"$${name}"`]));
    return ["printf", `'${format}'`, ...names].join(" ");
  }

  #split(text: string): { text: string; name?: string }[] {
    for (const [name, value] of this.#known) {
      const at = text.indexOf(value);
      if (at < 0) continue;
      return [...this.#split(text.slice(0, at)), { text: value, name }, ...this.#split(text.slice(at + value.length))];
    }
    return text === "" ? [] : [{ text }];
  }
}

/** A word of bash that expands to the text, without quotation marks where none are needed. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function escaped(bytes: string): string {
  return bytes.replaceAll(/[^ -~]|['%\\]/g, (char) => {
    if (char === "\r") return "\\r";
    if (char === "\n") return "\\n";
    if (char === "%") return "%%";
    return `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`;
  });
}
