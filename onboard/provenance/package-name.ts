/** A package's name without its extras, as the registries compare it (PEP 503). */
export function normalisedPackageName(name: string): string {
  return name
    .replace(/\[.*$/, "")
    .toLowerCase()
    .replaceAll(/[-_.]+/g, "-");
}
