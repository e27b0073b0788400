/** Whether a key is an extension, which compose ignores. */
export function isExtension(key: string): boolean {
  return key.startsWith("x-");
}
