/** A part of a word of a script: a text in single quotes, or after a backslash, is not expanded. */
interface WordPart {
  text: string;
  isExpanded: boolean;
}

/** A word of a script, without its quotes. */
export interface ShellWord {
  parts: readonly WordPart[];
  /** The parts together, not expanded. */
  text: string;
}

/** A redirection of a command to or from a file, e.g. `2>>`. */
export interface Redirection {
  operator: string;
  target: ShellWord;
}

/** A simple command of a script (POSIX, 2.9.1). */
export interface ShellCommand {
  words: readonly ShellWord[];
  redirections: readonly Redirection[];
  /** Whether it reads what the command before it prints. */
  isPiped: boolean;
  /** Whether its script runs it under a condition, in a loop or in a function only. */
  isConditional: boolean;
}

const operators = /^(?:&&|\|\||;;|\|&|[;\n|&])/;
const redirection = /^(\d*)(>>|>\||>&|<<-?|<&|&>>?|<>|[<>])/;
const opening: ReadonlySet<string> = new Set(["if", "case", "for", "while", "until", "{"]);
const closing: ReadonlySet<string> = new Set(["fi", "esac", "done", "}"]);
const keywords: ReadonlySet<string> = new Set([...opening, ...closing, "then", "else", "elif", "do", "!", "time"]);

/**
 * The simple commands of a script, in order. Quotes, comments, pipes and redirections count; a here-document is left out.
 * Command substitutions must be replaced before.
 */
export function shellCommands(script: string): ShellCommand[] {
  return new ScriptReader(script).read();
}

class ScriptReader {
  readonly #script: string;
  #at = 0;
  #depth = 0;
  #hereDocuments: string[] = [];

  constructor(script: string) {
    this.#script = script.replaceAll("\\\n", "");
  }

  read(): ShellCommand[] {
    const commands: ShellCommand[] = [];
    let isPiped = false;
    while (this.#at < this.#script.length) {
      const { words, redirections, operator } = this.#command();
      const own = this.#withoutKeywords(words);
      if (own.length > 0 || redirections.length > 0)
        commands.push({ words: own, redirections, isPiped, isConditional: this.#depth > 0 });
      isPiped = operator === "|" || operator === "|&";
    }
    return commands;
  }

  /** Counts and removes the keywords in front of a command. */
  #withoutKeywords(words: readonly ShellWord[]): ShellWord[] {
    const isFunction = /^\w+\(\)$/.test(words[0]?.text ?? "");
    const rest = isFunction ? words.slice(1) : [...words];
    while (rest[0] !== undefined && keywords.has(rest[0].text) && rest[0].parts.every(({ isExpanded }) => isExpanded)) {
      if (opening.has(rest[0].text)) this.#depth++;
      if (closing.has(rest[0].text)) this.#depth--;
      rest.shift();
    }
    return rest;
  }

  #command(): { words: ShellWord[]; redirections: Redirection[]; operator: string } {
    const words: ShellWord[] = [];
    const redirections: Redirection[] = [];
    for (;;) {
      const rest = this.#script.slice(this.#at);
      const blank = /^[^\S\n]+/.exec(rest)?.[0] ?? "";
      if (blank !== "") this.#at += blank.length;
      else if (rest === "") return { words, redirections, operator: "" };
      else if (rest.startsWith("#")) this.#at += /^[^\n]*/.exec(rest)?.[0].length ?? 0;
      else {
        const [redirected, , operator = ""] = redirection.exec(rest) ?? [];
        if (redirected !== undefined) {
          this.#at += redirected.length + (/^[ \t]*/.exec(rest.slice(redirected.length))?.[0].length ?? 0);
          const target = this.#word();
          if (operator.startsWith("<<")) this.#hereDocuments.push(target.text);
          redirections.push({ operator: redirected, target });
          continue;
        }
        const [separator] = operators.exec(rest) ?? [];
        if (separator !== undefined) {
          this.#at += separator.length;
          if (separator === "\n") this.#skipHereDocuments();
          return { words, redirections, operator: separator };
        }
        words.push(this.#word());
      }
    }
  }

  #skipHereDocuments(): void {
    for (const end of this.#hereDocuments) {
      const lines = this.#script.slice(this.#at).split("\n");
      const count = lines.findIndex((line) => line.trim() === end);
      this.#at += lines.slice(0, count === -1 ? lines.length : count + 1).join("\n").length + 1;
    }
    this.#hereDocuments = [];
  }

  #word(): ShellWord {
    const parts: WordPart[] = [];
    const add = (text: string, isExpanded: boolean): void => {
      parts.push({ text, isExpanded });
    };
    for (;;) {
      const rest = this.#script.slice(this.#at);
      const [plain = ""] = /^(?:\$\{[^}]*\}|[^\s"'\\;|&<>])+/.exec(rest) ?? [];
      const [single, inSingle = ""] = /^'([^']*)'?/.exec(rest) ?? [];
      if (plain !== "") {
        add(plain, true);
        this.#at += plain.length;
      } else if (single !== undefined) {
        add(inSingle, false);
        this.#at += single.length;
      } else if (rest.startsWith("\\")) {
        add(rest.slice(1, 2), false);
        this.#at += 2;
      } else if (rest.startsWith('"')) {
        const [whole = "", inside = ""] = /^"((?:[^"\\]|\\[\s\S])*)"?/.exec(rest) ?? [];
        for (const [text, escaped] of inside.matchAll(/\\([$`"\\])|(?:[^\\]|\\(?![$`"\\]))+/g))
          add(escaped ?? text, escaped === undefined);
        if (inside === "") add("", false);
        this.#at += whole.length;
      } else return { parts, text: parts.map(({ text }) => text).join("") };
    }
  }
}
