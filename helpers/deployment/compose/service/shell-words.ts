/**
 * Splits a command that is one text into words, as compose does: quotes and backslashes count, nothing is expanded, and
 * what follows an operator of the shell (`;`, `&`, `|`, `<`, `>`) is dropped.
 *
 * Source: mattn/go-shellwords, which compose-go uses.
 *
 * @throws Error when a quote is never closed, or where there is a parenthesis
 */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    if (quote === "'") {
      if (char === "'") quote = undefined;
      else word += char;
    } else if (char === "\\" && (quote === undefined || ['"', "\\", "$", "`"].includes(text[at + 1] ?? ""))) {
      at++;
      word = (word ?? "") + (text[at] ?? "");
    } else if (quote === '"') {
      if (char === '"') quote = undefined;
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= "";
    } else if (/[;&|<>]/.test(char)) {
      break;
    } else if (/[()`]/.test(char)) {
      throw new Error(`compose refuses '${char}' outside of quotes`);
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + char;
  }
  if (quote !== undefined) throw new Error(`a ${quote} is never closed`);
  if (word !== undefined) words.push(word);
  return words;
}
