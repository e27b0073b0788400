import { readFileSync } from "node:fs";
import type { Deployment, SourceLocation } from "../types.ts";
import type { LiteLLMBlame } from "./module-lines.ts";

/** LiteLLM's answer to a key that it would look up in a database, and that has none. */
const withoutDatabase = /no_db_connection|No connected db/i;

/**
 * Where LiteLLM's config lacks what would know a key: it has neither a `custom_auth` module nor a database. Undefined for another
 * answer of LiteLLM, and for the master key.
 *
 * @param answer the body of LiteLLM's response
 */
export function unknownKeyLine(
  { litellmConfig, litellm }: Pick<Deployment, "litellmConfig" | "litellm">,
  key: string,
  answer: string,
): LiteLLMBlame | undefined {
  const { masterKey, customAuth, texts, sections } = litellmConfig;
  if (!withoutDatabase.test(answer) || key === masterKey || customAuth !== undefined) return undefined;
  const written = texts.find(({ path }) => path.join(".") === "general_settings.master_key")?.value.location;
  return {
    cause:
      "LiteLLM knows no key but the master key: its config has no general_settings.custom_auth, and no database is connected",
    location: written ?? sections.get("general_settings") ?? endOf(litellmConfig.file, litellm.location),
    fix: "set general_settings.custom_auth, or connect a database and make the key there",
  };
}

/** The last line with text, where a section can be added; the service for a config that is not in a file of its own. */
function endOf(file: string, service: SourceLocation): SourceLocation {
  if (file === service.file) return service;
  return { file, line: readFileSync(file, "utf8").trimEnd().split("\n").length };
}
