/** Characters that people do not see, and models do. */
const invisible: readonly [RegExp, string][] = [
  [/[\u{e0000}-\u{e007f}]/u, "Unicode tags (invisible text)"],
  [/[\u202a-\u202e\u2066-\u2069]/u, "characters that turn the direction of the text around"],
  [/[\u200b\u2060\u2061-\u2064\u180e]|\ufeff/u, "characters without a width"],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  [/[\u001b\u009b]/u, "ANSI escape sequences"],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  [/[\u0000-\u0008\u000b\u000c\u000e-\u001a]/u, "control characters"],
];

/** Instructions to a model that have no place in the description of a tool (tool poisoning). */
const instructions: readonly RegExp[] = [
  /<\/?(?:important|system|instructions?|secret|hidden)\b[^>]*>/i,
  /\b(?:ignore|disregard|forget) (?:all |any |the )*(?:previous|prior|above|earlier|other) (?:instructions|rules|prompts?)/i,
  /\b(?:do not|don't|never) (?:tell|mention|inform|reveal|show|notify)\b[^.]{0,40}\b(?:user|human|anyone|this)\b/i,
  /\b(?:read|send|include|pass|copy|attach|cat)\b[^.]{0,60}(?:~\/\.ssh|id_rsa|\.env\b|mcp\.json|\/etc\/passwd|credentials|private key)/i,
  /\bbefore (?:using|calling|you use|you call) (?:this|any other|any) tools?\b[^.]{0,60}\b(?:call|read|send|first)\b/i,
  /\byou (?:are now|must always) (?:a|an|call|send|use)\b/i,
];

/** What is hidden in a text; empty where nothing is. */
export function hiddenIn(text: string): string[] {
  return [
    ...invisible.filter(([pattern]) => pattern.test(text)).map(([, what]) => what),
    ...instructions.flatMap((pattern) => {
      const [found] = pattern.exec(text) ?? [];
      return found === undefined ? [] : [`an instruction to the model: ${JSON.stringify(found.slice(0, 100))}`];
    }),
  ];
}
