/**
 * What Go's regexp package (RE2) would refuse, in words; undefined when it would compile. Traefik drops a router whose
 * regexp does not compile. Source: https://pkg.go.dev/regexp/syntax
 */
export function re2Problem(pattern: string): string | undefined {
  try {
    new Re2Reader(pattern).read();
    return undefined;
  } catch (error) {
    if (error instanceof Re2Error) return error.message;
    throw error;
  }
}

class Re2Error extends Error {}

/** Go's own limit for `{n,m}`. */
const MOST_REPEATS = 1000;
const POSIX = /^\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]/;

/** Go knows general categories and scripts, by the names that JavaScript uses too. */
function isUnicodeClass(name: string): boolean {
  if (name === "Any") return true;
  return [`\\p{gc=${name}}`, `\\p{sc=${name}}`].some((pattern) => {
    try {
      return new RegExp(pattern, "u").test("") || true;
    } catch {
      return false;
    }
  });
}

class Re2Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): void {
    this.#alternatives(0);
  }

  get #rest(): string {
    return this.#text.slice(this.#at);
  }

  /** @returns the largest number of repetitions inside, nested ones multiplied: Go bounds that product */
  #alternatives(depth: number): number {
    /** Repetitions inside the atom just read; undefined where there is none that could be repeated. */
    let atom: number | undefined;
    let repeated = false;
    let most = 1;
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] ?? "";
      if (char === ")") {
        if (depth === 0) throw new Re2Error("a ')' without its '('");
        return most;
      }
      const repeat = /^(?:[*+?]|\{\d+(?:,\d*)?\})/.exec(this.#rest)?.[0];
      if (repeat !== undefined) {
        if (atom === undefined) throw new Re2Error(`nothing in front of '${repeat}' that it could repeat`);
        if (repeated) {
          throw new Re2Error(`'${repeat}' behind another repetition (possessive quantifiers don't exist in Go)`);
        }
        most = Math.max(most, atom * this.#repetitions(repeat, atom));
        repeated = true;
        continue;
      }
      repeated = false;
      atom = 1;
      if (char === "|") {
        this.#at++;
        atom = undefined;
      } else if (char === "(") atom = this.#group(depth);
      else if (char === "[") this.#class();
      else if (char === "\\") this.#escape(false);
      else this.#at++;
      most = Math.max(most, atom ?? 1);
    }
    if (depth > 0) throw new Re2Error("a '(' that is never closed");
    return most;
  }

  #repetitions(repeat: string, inside: number): number {
    const [from, to] = repeat.match(/\d+/g)?.map(Number) ?? [];
    if (from !== undefined && to !== undefined && from > to) throw new Re2Error(`'${repeat}' ends before it begins`);
    const times = Math.max(from ?? 1, to ?? 1, 1);
    if (times > MOST_REPEATS || times * inside > MOST_REPEATS) {
      throw new Re2Error(`'${repeat}' repeats more than ${MOST_REPEATS} times`);
    }
    this.#at += repeat.length;
    if (this.#text[this.#at] === "?") this.#at++;
    return times;
  }

  /** @returns the largest number of repetitions inside; undefined for what can't be repeated, like `(?i)` */
  #group(depth: number): number | undefined {
    const rest = this.#rest;
    const around = /^\(\?<?[=!]/.exec(rest)?.[0];
    if (around !== undefined) throw new Re2Error(`'${around}': Go's regexps have no lookaround`);
    if (rest.startsWith("(?>")) throw new Re2Error("'(?>': Go's regexps have no atomic groups");
    const flags = /^\(\?(?:[imsU]+(?:-[imsU]+)?|-[imsU]+)\)/.exec(rest)?.[0];
    if (flags !== undefined) {
      this.#at += flags.length;
      return undefined;
    }
    const opening = /^\((?:\?(?:P?<[A-Za-z_]\w*>|(?:[imsU]*(?:-[imsU]+)?):))?/.exec(rest)?.[0] ?? "(";
    if (opening === "(" && rest[1] === "?") {
      throw new Re2Error(`'${rest.slice(0, 4)}' is no kind of group that Go knows`);
    }
    this.#at += opening.length;
    const most = this.#alternatives(depth + 1);
    this.#at++;
    return most;
  }

  #class(): void {
    this.#at++;
    if (this.#text[this.#at] === "^") this.#at++;
    let first = true;
    while (this.#at < this.#text.length) {
      if (this.#text[this.#at] === "]" && !first) {
        this.#at++;
        return;
      }
      first = false;
      const posix = POSIX.exec(this.#rest)?.[0];
      if (posix !== undefined) {
        this.#at += posix.length;
        continue;
      }
      if (this.#rest.startsWith("[:") && /^\[:\^?\w+:\]/.test(this.#rest))
        throw new Re2Error(`'${/^\[:\^?\w+:\]/.exec(this.#rest)?.[0]}' is no class that Go knows`);
      const low = this.#classMember();
      const range = this.#text[this.#at] === "-" && this.#text[this.#at + 1] !== "]";
      // Behind a class like `\d` a dash is a dash.
      if (range && low !== undefined && this.#at + 1 < this.#text.length) {
        this.#at++;
        const high = this.#classMember();
        if (high === undefined || low > high) throw new Re2Error("a range in […] that ends before it begins");
      }
    }
    throw new Re2Error("a '[' that is never closed");
  }

  /** @returns the code point; undefined for a class like `\d` */
  #classMember(): number | undefined {
    if (this.#text[this.#at] === "\\") return this.#escape(true);
    const point = this.#text.codePointAt(this.#at) ?? 0;
    this.#at += point > 0xffff ? 2 : 1;
    return point;
  }

  #escape(inClass: boolean): number | undefined {
    const rest = this.#rest;
    if (rest.length === 1) throw new Re2Error("a backslash at the end");
    const letter = rest[1] ?? "";
    if (!inClass && letter === "Q") {
      const end = rest.indexOf("\\E");
      this.#at = end === -1 ? this.#text.length : this.#at + end + 2;
      return undefined;
    }
    const octal = /^\\(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest)?.[0];
    const code = octal ?? /^\\x(?:[0-9A-Fa-f]{2}|\{[0-9A-Fa-f]{1,6}\})/.exec(rest)?.[0];
    if (code !== undefined) {
      this.#at += code.length;
      const digits = code.replaceAll(/[^0-9A-Fa-f]/g, "");
      return Number.parseInt(digits, octal === undefined ? 16 : 8);
    }
    if (/[1-9]/.test(letter)) throw new Re2Error(`'\\${letter}': Go's regexps have no backreferences`);
    if (letter === "k") throw new Re2Error("'\\k': Go's regexps have no backreferences");
    const unicode = /^\\[pP](?:[A-Z]|\{\^?[A-Za-z_]+\})/.exec(rest)?.[0];
    if (unicode !== undefined) {
      if (!isUnicodeClass(unicode.slice(2).replaceAll(/[{}^]/g, "")))
        throw new Re2Error(`'${unicode}' is no class that Go knows`);
      this.#at += unicode.length;
      return undefined;
    }
    const allowed = inClass ? "dDwWsSafnrtv" : "dDwWsSafnrtvbBAz";
    const punctuation = /[!-/:-@[-`{-~]/.test(letter);
    if (!allowed.includes(letter) && !punctuation) throw new Re2Error(`'\\${letter}' is no escape that Go knows`);
    this.#at += 2;
    if (/[dDwWsSbBAz]/.test(letter)) return undefined;
    return punctuation ? letter.charCodeAt(0) : 1;
  }
}
