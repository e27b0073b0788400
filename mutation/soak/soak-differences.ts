/** The outcomes of one run. */
export interface SoakRun {
  exitCode: number;
  checks: readonly { id: string; outcome: string; message: string }[];
}

/** One text for each check whose outcome was not the same in every run, and one for exit codes that differ. */
export function differences(runs: readonly SoakRun[]): string[] {
  const ids = new Set(runs.flatMap(({ checks }) => checks.map(({ id }) => id)));
  const lines = [...ids].flatMap((id) => {
    const own = runs.map(({ checks }) => checks.find((check) => check.id === id));
    const outcomes = counted(own.map((check) => check?.outcome ?? "missing"));
    if (outcomes.length === 1) return [];
    const explained = own.find((check) => check !== undefined && check.message !== "");
    const message = explained === undefined ? "" : `\n  ${explained.message.split("\n").join("\n  ")}`;
    return [`${id}: ${outcomes.join(", ")}${message}`];
  });
  const codes = counted(runs.map(({ exitCode }) => String(exitCode)));
  return codes.length === 1 ? lines : [...lines, `exit codes: ${codes.join(", ")}`];
}

/** `19 × passed`, the most frequent first. */
function counted(words: readonly string[]): string[] {
  const groups = [...Map.groupBy(words, (word) => word)].toSorted(([, one], [, other]) => other.length - one.length);
  return groups.map(([word, own]) => `${own.length} × ${word}`);
}
