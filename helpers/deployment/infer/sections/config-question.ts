import type { DeploymentView } from "../deployment-view.ts";
import { placeOf } from "../files/compose-files.ts";

/** What LiteLLM's config says, where no file of the folder is it. */
export function configQuestions({ config, folder }: Pick<DeploymentView, "config" | "folder">): string[] {
  if (config?.gap === undefined) return [];
  const { state, location, what, fix } = config.gap;
  const asked =
    state === "unread" ? "is LiteLLM meant to run without a config" : "which models and MCP servers does LiteLLM have";
  const advice = `${fix.charAt(0).toUpperCase()}${fix.slice(1)}`;
  return [`${asked}? ${what} (${placeOf(folder, location)}). ${advice}`];
}
