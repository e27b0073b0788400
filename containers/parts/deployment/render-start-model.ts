import { servicePlace } from "../../../helpers/deployment/compose/file-names.ts";
import { withStartModel } from "../../../helpers/deployment/litellm/start-model.ts";
import type { ConfigFile } from "../../../helpers/deployment/litellm/types.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";

/**
 * Puts the model of LiteLLM's command (`--model`) into the config, where the scripted model can replace its provider. LiteLLM does not
 * read the option where CONFIG_FILE_PATH is set; `completion_model` keeps that the model answers every request.
 *
 * @param configs changed in place; the first one is the main one
 * @param environment changed in place
 */
export function moveStartModel(
  configs: ConfigFile[],
  environment: Record<string, string>,
  { litellm, litellmConfig: { startModel } }: Pick<Deployment, "litellm" | "litellmConfig">,
): RenderedChange[] {
  const [main] = configs;
  if (main === undefined || startModel === undefined) return [];
  main.document = withStartModel(main.document, startModel);
  // The last file that has general_settings replaces those of the files before it.
  const holder = configs.findLast(({ document }) => document.general_settings !== undefined) ?? main;
  holder.document.general_settings = {
    completion_model: startModel.value,
    ...(holder.document.general_settings as Record<string, unknown> | null),
  };
  environment.CONFIG_FILE_PATH = main.inContainer;
  return [
    {
      where: servicePlace(litellm, "command"),
      what: `the model ${startModel.value} of the command in the config, with CONFIG_FILE_PATH=${main.inContainer}`,
      why: "the scripted model replaces the provider, and LiteLLM reads --model only without CONFIG_FILE_PATH",
    },
  ];
}
