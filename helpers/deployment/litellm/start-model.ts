import { basename } from "node:path";
import { isRecord } from "../../core/text/json.ts";
import type { Written } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";
import { optionOf, type StartCommand } from "./start/start-command.ts";

/** The model that LiteLLM's command names (`litellm --model openai/gpt-5`). It answers every request, whatever model that names. */
export interface StartModel extends Written<string> {
  /** `--api_base`. */
  apiBase: string | undefined;
}

/**
 * The model of LiteLLM's command; undefined where it names none, or LiteLLM does not read the option. `--alias` has no effect.
 * Source: litellm 1.77.1 and 1.106.2, proxy/proxy_server.py, `proxy_startup_event` and `initialize`.
 *
 * @param listed the models of the config, which answer no request then
 */
export function readStartModel(
  { words, environment }: StartCommand,
  listed: readonly Written<string>[],
  notes: NoteList,
): StartModel | undefined {
  const own = words.slice(words.findLastIndex(({ value }) => basename(value) === "litellm") + 1);
  const model = optionOf(own, ["--model", "-m"]);
  if (model === undefined) return undefined;
  if (environment.has("CONFIG_FILE_PATH")) {
    notes.add(
      "finding",
      model.location,
      `LiteLLM does not read '--model ${model.value}'`,
      "CONFIG_FILE_PATH is set, and LiteLLM reads the models of that config only",
      "write the model into the config's model_list, and remove the option",
    );
    return undefined;
  }
  const others = listed.filter(({ value }) => value !== model.value);
  if (others.length > 0)
    notes.add(
      "finding",
      model.location,
      `'--model ${model.value}' answers every request: ${others.map(({ value }) => value).join(", ")} of the config never ${others.length === 1 ? "does" : "do"}`,
      "LiteLLM puts the model of its command in place of the one that a request names",
      "write the model into the config's model_list, and remove the option",
      "stops",
    );
  return { ...model, apiBase: optionOf(own, ["--api_base"])?.value };
}

/** A config with the model of LiteLLM's command in its `model_list`, where its own models do not have that name. */
export function withStartModel(
  config: Record<string, unknown>,
  model: StartModel | undefined,
): Record<string, unknown> {
  const { model_list: list } = config;
  const own: unknown[] = Array.isArray(list) ? list : [];
  if (model === undefined || own.some((entry) => isRecord(entry) && entry.model_name === model.value)) return config;
  const base = model.apiBase === undefined ? {} : { api_base: model.apiBase };
  return {
    ...config,
    model_list: [...own, { model_name: model.value, litellm_params: { model: model.value, ...base } }],
  };
}
