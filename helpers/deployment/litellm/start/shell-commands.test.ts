import { expect, test } from "vitest";
import { shellCommands } from "./shell-commands.ts";

/** Each command: its words, what it is redirected to, `|` in front of one that reads a pipe, `?` of one under a condition. */
function commandsOf(script: string): string[] {
  return shellCommands(script).map(({ words, redirections, isPiped, isConditional }) => {
    const own = words.map(({ text }) => `[${text}]`).join("");
    const redirected = redirections.map(({ operator, target }) => ` ${operator} ${target.text}`).join("");
    return `${isPiped ? "|" : ""}${isConditional ? "?" : ""}${own}${redirected}`;
  });
}

test.each([
  ["separators", "a; b && c || d\ne & f", ["[a]", "[b]", "[c]", "[d]", "[e]", "[f]"]],
  ["separators in quotes", "sed -e \"s|a|b;c|\" 's#x#y&#'", ["[sed][-e][s|a|b;c|][s#x#y&#]"]],
  ["pipes and redirections", "cat < in | tee out >/dev/null 2>&1", ["[cat] < in", "|[tee][out] > /dev/null 2>& 1"]],
  ["comments", "a # b; c\n# d\ne x#y", ["[a]", "[e][x#y]"]],
  ["a continued line", "a \\\n  b", ["[a][b]"]],
  ["a here-document", "cat > f <<EOF\nx; y\nEOF\nb", ["[cat] > f << EOF", "[b]"]],
  [
    "conditions and loops",
    "if a; then b; fi; for x in y; do c; done; d",
    ["?[a]", "?[b]", "?[x][in][y]", "?[c]", "[d]"],
  ],
  ["a function", "f() {\n  a\n}\nb", ["?[a]", "[b]"]],
  ["a quote that never ends", "a 'b c", ["[a][b c]"]],
  ["a backslash at the end", "a \\", ["[a][]"]],
])("the commands of a script: %s", (_, script, expected) => {
  expect(commandsOf(script)).toEqual(expected);
});

test("what is in single quotes, or after a backslash, is not expanded", () => {
  const [command] = shellCommands(`x a$A'b$B'"c$C\\$D"\\$E`);
  expect(command?.words[1]?.parts.filter(({ isExpanded }) => isExpanded).map(({ text }) => text)).toEqual([
    "a$A",
    "c$C",
    "D",
    "E",
  ]);
  expect(command?.words[1]?.text).toBe("a$Ab$Bc$C$D$E");
});
