import { parse } from "smol-toml";
import { z } from "zod";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import { codexSettingLines, type WrittenConfig } from "./codex-setting.ts";

/** The setting of Codex's config that keeps a turn from the model. */
export interface CodexConfigFault {
  /** One sentence. */
  cause: string;
  location: SourceLocation;
  fix?: string;
}

/** Codex's provider where its config sets none. */
const defaultProvider = "openai";

const shape = z.looseObject({
  model: z.string().optional(),
  model_provider: z.string().optional(),
  model_providers: z.record(z.string(), z.looseObject({ base_url: z.string().optional() })).default({}),
});

/**
 * The setting of Codex's config that its errors, or those of the gateway, are about; undefined where they single out none, and for
 * a config of the suite's own.
 *
 * @param errors what Codex wrote in a turn without a request to the model
 */
export function codexConfigFault(config: WrittenConfig, errors: string): CodexConfigFault | undefined {
  if (config.file === undefined) return undefined;
  const parsed = parse(config.text);
  return (
    refusedSetting(config, errors) ??
    quotedSetting(config, stringsOf(parsed), errors) ??
    missingSetting(config, shape.safeParse(parsed).data, errors)
  );
}

/** Codex names the setting that it can't read: "unknown variant `x`, expected one of … in `approval_policy`". */
function refusedSetting(config: WrittenConfig, errors: string): CodexConfigFault | undefined {
  const [, message, setting] = /Error loading config\.toml: ([^\n]*?)\s+in `([^`\n]+)`/.exec(errors) ?? [];
  if (message === undefined || setting === undefined) return undefined;
  return {
    cause: `Codex refuses the value of ${setting} and does not start: ${message}`,
    location: codexSettingLines(config)(...setting.split(".")),
  };
}

/** The one setting whose value the error quotes, e.g. "Model provider `x` not found". */
function quotedSetting(
  config: WrittenConfig,
  settings: readonly TextSetting[],
  errors: string,
): CodexConfigFault | undefined {
  const error = errors
    .split("\n")
    .find((line) => /error|not found|invalid/i.test(line) && quotedIn(settings, line).length === 1);
  const [setting] = error === undefined ? [] : quotedIn(settings, error);
  if (error === undefined || setting === undefined) return undefined;
  return {
    cause: `${setting.path.join(".")} is "${setting.value}", and Codex gets no further: ${messageOf(error)}`,
    location: codexSettingLines(config)(...setting.path),
  };
}

interface TextSetting {
  path: readonly string[];
  value: string;
}

function quotedIn(settings: readonly TextSetting[], line: string): TextSetting[] {
  return settings.filter(({ value }) => {
    const at = line.indexOf(value);
    if (value === "" || at === -1) return false;
    const after = line.slice(at + value.length);
    return /[`'"=]$/.test(line.slice(0, at)) && /^(?:[`'"]|[.,]?(?:\s|$))/.test(after);
  });
}

/** LiteLLM's refusal of a model that it does not have. */
const unknownModel = /Invalid model name passed in model=(\S+?)\.?(?=\s)/;

/** Codex's connection to its provider fails; one to an MCP server says otherwise. */
const providerUnreachable = /stream disconnected|codex_api|api\.openai\.com/i;

function missingSetting(
  config: WrittenConfig,
  settings: z.infer<typeof shape> | undefined,
  errors: string,
): CodexConfigFault | undefined {
  // A profile may have the setting.
  if (settings === undefined || "profile" in settings) return undefined;
  const { model, model_provider: provider, model_providers: providers } = settings;
  const [, asked] = unknownModel.exec(errors) ?? [];
  if (asked !== undefined && model === undefined)
    return {
      cause: `the config sets no model, so Codex asks for its default, ${asked}, and the gateway does not have it`,
      location: codexSettingLines(config)("model"),
      fix: "set model to one that the gateway has",
    };
  const [own] = Object.entries(providers).filter(([, { base_url: url }]) => url !== undefined);
  const isDefaultElsewhere = "openai_base_url" in settings || defaultProvider in providers;
  if (providerUnreachable.test(errors) && provider === undefined && own !== undefined && !isDefaultElsewhere)
    return {
      cause: `the config sets no model_provider, so Codex sends its requests to OpenAI and not to ${own[1].base_url}`,
      location: codexSettingLines(config)("model_provider"),
      fix: `set model_provider = ${JSON.stringify(own[0])} above the tables`,
    };
  return undefined;
}

function stringsOf(value: unknown, path: readonly string[] = []): TextSetting[] {
  if (typeof value === "string") return [{ path, value }];
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Date) return [];
  return Object.entries(value).flatMap(([key, one]) => stringsOf(one, [...path, key]));
}

/** How many characters of an error are quoted. */
const quotedCharacters = 300;

/** The error's own text, where it is in JSON of the gateway. */
function messageOf(error: string): string {
  const text = /"message":"((?:[^"\\]|\\.)*)"/.exec(error)?.[1] ?? error.trim();
  return text.length > quotedCharacters ? `${text.slice(0, quotedCharacters)}…` : text;
}
