import type { SourceLocation, Written } from "../source/location.ts";

/** One model provider of Open WebUI. */
export interface OpenWebUiProvider {
  /** Base URL of its API. */
  url: string;
  /** Undefined where none is sent. */
  key: string | undefined;
  /** Of the variable with the URL. */
  location: SourceLocation;
}

/** Variables of Open WebUI that name an address of the gateway, or a key for it. */
export const openWebUiAddresses = ["OPENAI_API_BASE_URLS", "OPENAI_API_BASE_URL", "TOOL_SERVER_CONNECTIONS"] as const;

/** Whether an image is Open WebUI itself: from GitHub, from Docker Hub, or a copy with the same name. */
export function isOpenWebUiImage(image: string): boolean {
  return /(?:^|\/)open-webui(?:[:@]|$)/i.test(image);
}

/**
 * The model providers of Open WebUI, each with its key: URLs and keys are separated by semicolons, and pair up by position. An entry
 * without a URL is OpenAI itself, and left out.
 *
 * Source: Open WebUI, backend/open_webui/config.py: a variable for several takes the place of the one for a single value.
 */
export function openWebUiProviders(variables: ReadonlyMap<string, Written<string>>): OpenWebUiProvider[] {
  const urls = listIn(variables, "OPENAI_API_BASE_URL");
  const keys = listIn(variables, "OPENAI_API_KEY");
  return (urls?.entries ?? []).flatMap((url, index) => {
    const key = keys?.entries[index];
    return url === "" || urls === undefined ? [] : { url, key: key === "" ? undefined : key, location: urls.location };
  });
}

/** What is wrong with the pairs of URLs and keys; undefined where nothing is. A provider without a key may come last. */
export function unpairedKeys(
  variables: ReadonlyMap<string, Written<string>>,
): { what: string; location: SourceLocation } | undefined {
  const urls = listIn(variables, "OPENAI_API_BASE_URL");
  const keys = listIn(variables, "OPENAI_API_KEY");
  if (urls === undefined || keys === undefined || keys.entries.length <= urls.entries.length) return undefined;
  return {
    what: `${keys.name} has ${keys.entries.length} keys, and ${urls.name} ${urls.entries.length} addresses: Open WebUI pairs them by position`,
    location: keys.location,
  };
}

interface ValueList {
  name: string;
  entries: readonly string[];
  location: SourceLocation;
}

/** The entries of `<name>S`, or the one of `<name>`; undefined where neither has a value. */
function listIn(variables: ReadonlyMap<string, Written<string>>, name: string): ValueList | undefined {
  for (const one of [`${name}S`, name]) {
    const { value, location } = variables.get(one) ?? {};
    if (value === undefined || value === "" || location === undefined) continue;
    return { name: one, entries: value.split(";").map((entry) => entry.trim()), location };
  }
  return undefined;
}
