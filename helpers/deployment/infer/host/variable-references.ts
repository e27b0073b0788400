/** A reference to a variable in a compose file's text: `$X`, `${X}`, `${X:-default}`, `${X:?message}`. */
export interface VariableReference {
  variable: string;
  /** `:-`, `-`, `:?`, `?`, `:+` or `+`; undefined for a plain reference. */
  operator: string | undefined;
  /** What stands after the operator: a default, a message, or what takes the value's place. */
  word: string;
  /** Whether it is written without braces. */
  isBare: boolean;
  /** Its place in the whole text, in UTF-16 units; `end` is the one after it. */
  start: number;
  end: number;
  /** What stands around it in the text that a program gets. Within a default, this begins with the text around the default. */
  before: string;
  after: string;
  /** The variables in whose defaults it stands, the outermost first: with a value of one of them, compose does not read it. */
  inDefaultsOf: readonly string[];
}

/** `$$` is a dollar sign. Source: compose-go, template/template.go. */
const opening = /\$(?:\$|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(:?[-?+])?)/g;

/** All references in a text, with those in defaults (`${HOST:-litellm.${DOMAIN}}`), each after the one that it is the default of. */
export function variableReferences(text: string): VariableReference[] {
  return referencesIn(text, { offset: 0, before: "", after: "", inDefaultsOf: [] });
}

/** The references of a text that are in no other one's default. */
export function outermostReferences(text: string): VariableReference[] {
  return variableReferences(text).filter(({ inDefaultsOf }) => inDefaultsOf.length === 0);
}

/** A text in which each reference that has a default is replaced by it: what compose takes where nothing sets the variables. */
export function withDefaults(text: string): string {
  let [result, at] = ["", 0];
  for (const { operator, word, start, end } of outermostReferences(text)) {
    if (!operator?.endsWith("-")) continue;
    result += text.slice(at, start) + withDefaults(word);
    at = end;
  }
  return result + text.slice(at);
}

/** Where a part of a text is. */
interface Part extends Pick<VariableReference, "before" | "after" | "inDefaultsOf"> {
  offset: number;
}

function referencesIn(text: string, part: Part): VariableReference[] {
  const found: VariableReference[] = [];
  let at = 0;
  for (const { 0: whole, 1: bare, 2: braced, 3: operator, index } of text.matchAll(opening)) {
    const variable = bare ?? braced;
    // What stands in the default before was read with it.
    if (variable === undefined || index < at) continue;
    const wordStart = index + whole.length;
    const close = bare === undefined ? closingBrace(text, wordStart) : wordStart - 1;
    if (close === undefined) continue;
    at = close + 1;
    const before = part.before + text.slice(0, index);
    const after = text.slice(at) + part.after;
    const word = operator === undefined ? "" : text.slice(wordStart, close);
    const place = { start: part.offset + index, end: part.offset + at, before, after };
    const { inDefaultsOf } = part;
    found.push({ variable, operator, word, isBare: bare !== undefined, ...place, inDefaultsOf });
    if (operator?.endsWith("-"))
      found.push(
        ...referencesIn(word, {
          offset: part.offset + wordStart,
          before,
          after,
          inDefaultsOf: [...inDefaultsOf, variable],
        }),
      );
  }
  return found;
}

/** The offset of the brace that closes the one before a place; undefined where none does. */
function closingBrace(text: string, from: number): number | undefined {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === "{") depth++;
    if (text[at] === "}" && --depth === 0) return at;
  }
  return undefined;
}
