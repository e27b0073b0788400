/**
 * Whether a path in a compose file has a pattern's form.
 *
 * @param pattern keys with dots between them; `*` stands for any key or index
 */
export function matches(path: readonly string[], pattern: string): boolean {
  const steps = stepsOf(pattern);
  return steps.length === path.length && steps.every((step, index) => step === "*" || step === path[index]);
}

const known = new Map<string, readonly string[]>();

function stepsOf(pattern: string): readonly string[] {
  const steps = known.get(pattern) ?? pattern.split(".");
  known.set(pattern, steps);
  return steps;
}
