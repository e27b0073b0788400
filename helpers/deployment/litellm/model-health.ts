import type { ComposeService } from "../compose/types.ts";
import type { NoteList } from "../source/note-list.ts";
import { nodeAt, type YamlMap } from "../source/yaml-tree.ts";

/** LiteLLM's `/health` as a command has it: behind an address, or as a word of its own; not `/health/liveliness`. */
const modelHealth =
  /(?:^|[\s"'(,]|(?:\/\/|\blocalhost\b|\b127\.0\.0\.1\b|\b0\.0\.0\.0\b|\[::1\])[^\s"'/]*)\/health\/?(?=["'\s?);&|]|$)/;

/** What to ask instead, in the imperative. */
export const askWithoutModels = "ask /health/liveliness, or /health/readiness, which also asks the database";

/** Whether a command asks LiteLLM's `/health`, which calls every model. */
export function asksModels(command: readonly string[]): boolean {
  return command.some((word) => modelHealth.test(word));
}

/**
 * Reports a healthcheck that makes LiteLLM call its models. With background health checks, LiteLLM answers with the last result.
 *
 * @param root of LiteLLM's config
 */
export function noteModelHealth({ name, healthcheck }: ComposeService, root: YamlMap, notes: NoteList): void {
  if (healthcheck === undefined || !asksModels(healthcheck.command)) return;
  const background = nodeAt(root, "general_settings", "background_health_checks");
  if (background?.kind === "scalar" && background.value === true) return;
  notes.add(
    "finding",
    healthcheck.location,
    `the healthcheck of '${name}' asks LiteLLM's /health`,
    "LiteLLM refuses it without a key, and with one it calls every model at each interval, which costs tokens and may take longer than the time-out",
    askWithoutModels,
    "advice",
  );
}
