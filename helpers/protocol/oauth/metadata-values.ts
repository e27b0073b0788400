import type { Exchange } from "../exchange.ts";

/** The JSON object that an answer is; undefined for anything else. */
export function jsonObject({ response }: Exchange): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(response?.body ?? "");
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value))
      : undefined;
  } catch {
    return undefined;
  }
}

/** A member that is a text. */
export function textOf(document: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = document[name];
  return typeof value === "string" ? value : undefined;
}

/** A member that is a list of texts. */
export function textsOf(document: Readonly<Record<string, unknown>>, name: string): readonly string[] | undefined {
  const value = document[name];
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : undefined;
}

/** An absolute URL; undefined for anything else. */
export function asUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
