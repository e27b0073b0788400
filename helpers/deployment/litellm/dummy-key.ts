import { providers } from "./known-settings.ts";

/** Variables that a client sends to a server. A master key, a salt and a session's secret are none: any text in their place counts. */
const sentToServer = /(?:^|_)(?:API_?KEY|TOKEN)$/i;

/** Words of a text that stands for a key where the server asks for none. */
const dummyWords: ReadonlySet<string> = new Set(
  (
    "a an any anything api auth authentication dummy empty fake ignore ignored key keyless lm lmstudio local localhost mock na " +
    "needed no none not null ollama openai placeholder required studio test token unused use used vllm x xx xxx xxxx"
  ).split(" "),
);

/** Words that make such a text: `sk-test` alone may be a key. */
const telling = /^(?:dummy|empty|fake|ignored?|keyless|mock|na|no|none|not|null|placeholder|unused|x+)$/;

/** Texts of an example that the operator of a provider's key was to replace: the provider takes none of them. */
const toBeReplaced = /^(?:sk[-_])?(?:your[-_ ].*|change[-_]?me|replace[-_]?(?:me|this)|<.*>)$/i;

/** The whole of a text that only names the server that asks for no key. */
const serverName = /^(?:lm[-_]?studio|ollama|vllm|local(?:host)?|any(?:thing)?)$/i;

/**
 * Whether a value says that there is no key, e.g. `OPENAI_API_KEY: not-needed`, `sk-no-key-required`, `ollama`: a client of LiteLLM's
 * demands a text, and the server asks for none.
 *
 * @param name the variable's or the setting's: `OPENAI_API_KEY`, `api_key`
 */
export function isDummyKey(name: string, value: string): boolean {
  if (!sentToServer.test(name)) return false;
  if (serverName.test(value) || (isProviders(name) && toBeReplaced.test(value))) return true;
  const words = value
    .toLowerCase()
    .replace(/^sk[-_]/, "")
    .split(/[-_. ]+/);
  return words.every((word) => dummyWords.has(word)) && words.some((word) => telling.test(word));
}

/** Whether a variable is the key of a provider that LiteLLM knows: `OPENAI_API_KEY`. A server of the operator's takes any text for its key. */
function isProviders(name: string): boolean {
  const [, provider] = /^(\w+)_API_KEY$/.exec(name) ?? [];
  return provider !== undefined && providers.includes(provider.toLowerCase());
}
