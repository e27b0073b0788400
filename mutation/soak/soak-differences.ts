/** What one run of many said. */
export interface SoakRun {
  exitCode: number;
  checks: readonly { name: string; outcome: string; message: string }[];
}

/** One text for each check that did not say the same in every run, and for exit codes that differ. */
export function differences(runs: readonly SoakRun[]): string[] {
  const names = new Set(runs.flatMap(({ checks }) => checks.map(({ name }) => name)));
  const lines = [...names].flatMap((name) => {
    const said = runs.map(({ checks }) => checks.find((check) => check.name === name));
    const told = counted(said.map((check) => check?.outcome ?? "not there"));
    if (told.length === 1) return [];
    const odd = said.find((check) => check !== undefined && check.message !== "");
    return [`${name}: ${told.join(", ")}${odd === undefined ? "" : `\n  ${odd.message.split("\n").join("\n  ")}`}`];
  });
  const codes = counted(runs.map(({ exitCode }) => String(exitCode)));
  return codes.length === 1 ? lines : [...lines, `exit codes: ${codes.join(", ")}`];
}

/** `19 × passed`, the commonest first. */
function counted(words: readonly string[]): string[] {
  const groups = [...Map.groupBy(words, (word) => word)].toSorted(([, one], [, other]) => other.length - one.length);
  return groups.map(([word, own]) => `${own.length} × ${word}`);
}
