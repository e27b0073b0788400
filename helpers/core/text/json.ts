/** The value of a JSON text (RFC 8259); undefined when the text is missing or not JSON. */
export function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
