/**
 * The version in an image's tag: `main-v1.77.1` → `1.77.1`, `17-alpine` → `17`. Undefined when the tag names none
 * (`latest`, a digest only).
 */
export function imageVersion(image: string): string | undefined {
  const name = image.split("@")[0] ?? "";
  const tag = /:([^:/]+)$/.exec(name)?.[1];
  if (tag === undefined) return undefined;
  return /(?:^|-)v?(\d+(?:\.\d+)*)(?=$|[-.+_])/.exec(tag)?.[1];
}
