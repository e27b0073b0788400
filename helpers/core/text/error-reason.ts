/**
 * An error's message with that of its cause: `fetch failed` alone does not say what failed. Node names only the code where it tried
 * several addresses.
 */
export function errorReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const because = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : undefined;
  return because === undefined ? error.message : `${error.message}: ${because}`;
}
