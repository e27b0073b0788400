import type { SourceLocation } from "./location.ts";

/** A secret that a file has as text, where no variable holds it. */
export interface LiteralSecret {
  /** Its place, which names it everywhere: `the label traefik.http.… of litellm`. Never its value. */
  name: string;
  kind: "api-key" | "password";
  /** As written. */
  value: string;
  location: SourceLocation;
}

/** Replaces secrets, also where a value was pasted instead of named by its variable. */
export class LiteralSecrets {
  readonly #byVariable: ReadonlyMap<string, string>;
  readonly #byOriginal: ReadonlyMap<string, string>;
  readonly #pattern: RegExp | undefined;

  /**
   * @param originals variables of the env file as the operator wrote them
   * @param replacements variable to its replacement
   */
  constructor(originals: ReadonlyMap<string, string>, replacements: ReadonlyMap<string, string>) {
    this.#byVariable = replacements;
    const byOriginal = new Map<string, string>();
    for (const [name, replacement] of replacements) {
      const original = originals.get(name);
      if (original !== undefined && recognisable(original)) byOriginal.set(original, replacement);
    }
    this.#byOriginal = byOriginal;
    const alternatives = [...byOriginal.keys()].toSorted((a, b) => b.length - a.length).map(escaped);
    // Not within a longer word: `sk-1` must not match in `sk-12`.
    this.#pattern =
      alternatives.length === 0
        ? undefined
        : new RegExp(`(?<![A-Za-z0-9_-])(?:${alternatives.join("|")})(?![A-Za-z0-9_-])`, "g");
  }

  /** The value of a variable of the env file. */
  variable(name: string, original: string): string {
    return this.#byVariable.get(name) ?? this.text(original);
  }

  /** A text with the pasted secrets replaced. */
  text(text: string): string {
    if (this.#pattern === undefined) return text;
    return text.replace(this.#pattern, (found) => this.#byOriginal.get(found) ?? found);
  }
}

/** The value of a secret of the policy that no file sets, until a run replaces it. */
export function valueOfUnset(name: string): string {
  return `unset-${name}`;
}

/**
 * Whether a value can be distinguished from ordinary words: a password `postgres` may also be a user's name, and replacing
 * that would break the deployment.
 */
export function recognisable(value: string): boolean {
  return value.length >= 16 || (value.length >= 6 && /\d/.test(value) && /[A-Za-z]/.test(value));
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
