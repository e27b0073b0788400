import type { SourceLocation, Written } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";

/** Variables whose `_FILE` form operators expect from other images, e.g. that of PostgreSQL. The master key has its own report. */
const names =
  /^(?:DATABASE_URL|DIRECT_URL|LITELLM_SALT_KEY|UI_PASSWORD|REDIS_PASSWORD|(?:OPENAI|ANTHROPIC|AZURE|GEMINI)_API_KEY)$/;

/**
 * The variable `NAME_FILE` where `NAME` is not set, and how to set it. LiteLLM reads no secret from a file that a variable names.
 * Source: litellm 1.77.1 and 1.106.2, which have no such variable.
 */
export function unreadFile(
  name: string,
  environment: ReadonlyMap<string, Written<string>>,
): { location: SourceLocation; fix: string } | undefined {
  const inFile = environment.get(`${name}_FILE`);
  if (inFile === undefined || environment.has(name)) return undefined;
  const fix = `set ${name} itself, or start LiteLLM with a script: export ${name}="$(cat "$${name}_FILE")"; exec docker/prod_entrypoint.sh "$@"`;
  return { location: inFile.location, fix };
}

/** Reports the secrets that LiteLLM does not have, because only a variable with `_FILE` names them. */
export function noteUnreadFiles(environment: ReadonlyMap<string, Written<string>>, notes: NoteList): void {
  for (const variable of environment.keys()) {
    const name = variable.replace(/_FILE$/, "");
    const inFile = names.test(name) ? unreadFile(name, environment) : undefined;
    if (inFile === undefined) continue;
    notes.add("finding", inFile.location, `LiteLLM does not read ${variable}`, `so ${name} is not set`, inFile.fix);
  }
}
