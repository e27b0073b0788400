import { type AST, RegExpParser } from "@eslint-community/regexpp";
import { RE2JS, RE2JSException } from "re2js";

/** How many texts a pattern yields at most. */
const most = 12;

/** Characters that stand for a class, tried in this order. */
const candidates = ["a", "1", "/", " ", "-", ".", "A", "_", ":", ";", "@", "~", "\t"];

/** POSIX classes, which Go has and JavaScript lacks. */
const posix: Readonly<Record<string, string>> = {
  "[:alpha:]": "a-zA-Z",
  "[:digit:]": "0-9",
  "[:alnum:]": "a-zA-Z0-9",
  "[:word:]": "a-zA-Z0-9_",
  "[:lower:]": "a-z",
  "[:upper:]": "A-Z",
  "[:xdigit:]": "0-9a-fA-F",
  "[:space:]": " ",
};

const flagsAtStart = /^\(\?([imsU]+)\)/;

/**
 * Texts that a Go regular expression matches: at least one for each alternative in it, and one for a part that may be missing
 * with it and without it. Each is verified against the pattern, so that an unusual pattern yields fewer texts, or none, and
 * never a wrong one.
 */
export function samplesOf(pattern: string): string[] {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch {
    return [];
  }
  return [...new Set(textsOf(pattern))].filter((text) => compiled.matcher(text).find()).slice(0, most);
}

function textsOf(pattern: string): string[] {
  const script = pattern
    .replace(flagsAtStart, "")
    .replaceAll(/\[:[a-z]+:\]/g, (name) => posix[name] ?? name)
    .replaceAll("(?P<", "(?<")
    .replaceAll(String.raw`\z`, "$")
    .replaceAll(String.raw`\A`, "^");
  try {
    const { alternatives } = new RegExpParser({ ecmaVersion: 2025 }).parsePattern(script);
    return alternatives.flatMap(ofAlternative);
  } catch (error) {
    // What Go has and JavaScript lacks.
    if (error instanceof SyntaxError || error instanceof RE2JSException) return [];
    throw error;
  }
}

function ofAlternative({ elements }: AST.Alternative): string[] {
  return elements.reduce<string[]>(
    (texts, element) => {
      const next = ofElement(element);
      return texts.flatMap((text) => next.map((one) => text + one)).slice(0, most);
    },
    [""],
  );
}

function ofElement(element: AST.Element): string[] {
  switch (element.type) {
    case "Character":
      return [String.fromCodePoint(element.value)];
    case "CharacterSet":
    case "CharacterClass":
    case "ExpressionCharacterClass":
      return [ofClass(element.raw)];
    case "Group":
    case "CapturingGroup":
      return element.alternatives.flatMap(ofAlternative);
    case "Quantifier": {
      const { min, max } = element;
      const counts = min === 0 && max > 0 ? [1, 0] : [min];
      const texts = ofElement(element.element);
      return counts.flatMap((count) => (count === 0 ? [""] : texts.map((text) => text.repeat(count))));
    }
    case "Assertion":
    case "Backreference":
      return [""];
  }
}

/** One character of a class; nothing where none of the candidates is in it, which the pattern then rejects. */
function ofClass(raw: string): string {
  const inClass = RE2JS.compile(raw);
  const printable = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
  return [...candidates, ...printable].find((char) => inClass.matches(char)) ?? "";
}
