import { displayPath } from "../core/text/display-path.ts";
import type { ComposeService } from "./compose/types.ts";
import { isDummyKey } from "./litellm/dummy-key.ts";
import { namedArguments } from "./named-arguments.ts";
import { isInDockerfile } from "./services/build-outline.ts";
import { type LiteralSecret, recognisable, valueOfUnset } from "./source/literal-secrets.ts";
import type { Written } from "./source/location.ts";
import type { Deployment } from "./types.ts";

/** Names under which a value is a secret whatever its form: `master_key`, `POSTGRES_PASSWORD`, `authentication_token`. */
const secretName = /(?:^|[_.-])(?:(?:x-)?api[_-]?key|master_?key|(?:pg)?password|passwd|token|secret|auth_value)$/i;

/**
 * A reference in place of a secret: one that the program itself resolves (`file:///run/secrets/…`, authentik), one that a tool resolves
 * before compose reads it (`op run` and the like), or a value that sops encrypted.
 */
const reference = /^(?:ENC\[|(?:file|env|op|bws|vault|secret|infisical|awssm|gcpsm|azkv|ref\+[a-z]+):\/\/)/;

/** A value that is not a secret although its name says so: a reference, a path, a switch, a hash. */
export function isNoSecret(value: string): boolean {
  return (
    reference.test(value) ||
    /^(?:os\.environ\/|\$|\/|\.{1,2}\/|true$|false$|none$|null$|\{SHA\}|\$(?:2[aby]|apr1|5|6)\$)/i.test(value)
  );
}

/** Whether a program gets a variable's value as the place of a secret. What a tool resolves before is a secret for the program. */
export function isReadByProgram(value: string): boolean {
  return /^(?:file|env):\/\//.test(value);
}

/** What the secrets in a deployment's files are looked for in. */
type SecretSources = Pick<Deployment, "compose" | "litellmConfig" | "traefikModel" | "facts" | "policy">;

/**
 * The secrets in a deployment's files that no variable of an env file, of `.env` or of the policy holds: in the compose
 * files' labels, environments and commands, in the variables of LiteLLM's Dockerfile, in LiteLLM's config, and in the files of Traefik's file provider. They are found
 * by their form (`sk-…`, `Bearer …`, a URL's password) or by their key's name.
 */
export function literalSecrets(sources: SecretSources): LiteralSecret[] {
  const held = heldValues(sources);
  const found: LiteralSecret[] = [];
  lookAtTexts(sources, (place, key, { value, location }) => {
    for (const { secret, kind } of secretsIn(key, value)) {
      const isHeld = held.some((one) => one.includes(secret)) || isMadeOf(secret, held);
      if (isHeld || !recognisable(secret) || found.some((one) => one.value === secret)) continue;
      const others = found.filter(({ name }) => name === place || name.startsWith(`${place} (`)).length;
      found.push({ name: others === 0 ? place : `${place} (${others + 1})`, kind, value: secret, location });
    }
  });
  return found;
}

/** Notes each password in the files that is too common a word for {@link literalSecrets}. */
export function noteCommonPasswords(sources: SecretSources): void {
  const held = heldValues(sources);
  lookAtTexts(sources, (place, key, { value, location }) => {
    for (const { secret, isByName } of secretsIn(key, value)) {
      // A short key is often a dummy, for a server that asks for none.
      const isPassword = !isByName || /passw(?:or)?d$/i.test(key);
      const isHeld = held.some((one) => one.includes(secret) && value.includes(one));
      // `<PASSWORD>` is to be filled in.
      const isToBeFilledIn = secret === "" || /[<{]/.test(secret);
      if (!isPassword || isHeld || isToBeFilledIn || recognisable(secret)) continue;
      sources.facts.notes.add(
        "not-proved",
        location,
        `${place} has a password in the file itself that is short or a plain word`,
        "answers and logs may have that word for another reason, so that no check looks for the password there",
        "choose a random password, and let a variable of the env file hold it",
      );
    }
  });
}

/** The values that a variable holds. */
function heldValues({ facts, policy }: Pick<SecretSources, "facts" | "policy">): string[] {
  const variables = [...(facts.originals ?? facts.variables).values(), ...policy.variables.values()];
  return [
    ...[...variables.map(({ value }) => value), ...facts.envValues].filter((value) => value !== ""),
    ...policy.secrets.map(({ name }) => valueOfUnset(name)),
  ];
}

/** Called with each text that may have a secret: its place, the key that it is the value of, and the text. */
type Look = (place: string, key: string, value: Written<string>) => void;

function lookAtTexts({ compose, litellmConfig, traefikModel }: SecretSources, look: Look): void {
  const composeFiles = new Set(compose.projects.flatMap(({ files }) => files));
  for (const service of compose.services.values()) lookAtService(service, composeFiles, look);
  const byPlace = Map.groupBy(litellmConfig.texts, ({ path }) => path.join("."));
  for (const [place, texts] of byPlace) {
    const key = texts[0]?.path.at(-1) ?? "";
    const values = texts.map(({ value }) => value);
    if (key === "args") lookAtWords(`${place} of LiteLLM's config`, values, look);
    else for (const value of values) look(`${place} of LiteLLM's config`, key, value);
  }
  for (const option of traefikModel?.files?.options ?? [])
    look(`${option.key} in ${displayPath(option.location.file)}`, option.path.at(-1) ?? "", option);
}

/** Whether a text is several variables, or one with a short text around it: `${ONE_KEY},${OTHER_KEY}`, `admin:${PASSWORD}`. */
function isMadeOf(text: string, held: readonly string[]): boolean {
  const parts = held.filter(recognisable).toSorted((a, b) => b.length - a.length);
  const rest = parts.reduce((left, part) => left.replaceAll(part, ""), text);
  return rest !== text && !recognisable(rest);
}

/**
 * Notes each variable of an env file that its name calls a secret and that the policy does not list, itself or as the secret of
 * compose that it fills.
 */
export function noteUnlistedSecrets({ policy, facts }: Pick<Deployment, "policy" | "facts">): void {
  const listed = new Set(policy.secrets.map(({ name }) => name));
  for (const { name, content } of facts.compose?.secrets ?? [])
    if (content.from === "variable" && listed.has(name)) listed.add(content.variable);
  for (const [name, { value, location }] of facts.originals ?? []) {
    if (listed.has(name) || !secretName.test(name) || isNoSecret(value) || !recognisable(value)) continue;
    facts.notes.add(
      "not-proved",
      location,
      `the variable ${name} looks like a secret that the policy does not list`,
      "the run uses it as it is, and no check looks for it where it does not belong",
      "list it under 'secrets' of policy.yaml",
    );
  }
}

function lookAtService(service: ComposeService, composeFiles: ReadonlySet<string>, look: Look): void {
  const { key, environment, labels, deployLabels, commandWords } = service;
  for (const [label, value] of [...labels, ...deployLabels]) look(`the label ${label} of ${key}`, "", value);
  for (const [variable, value] of environment) {
    // What an env file holds is where it belongs.
    if (composeFiles.has(value.location.file) || isInDockerfile(service, value.location))
      look(`the variable ${variable} of ${key}`, variable, value);
  }
  lookAtWords(`the command of ${key}`, commandWords, look);
}

/** Looks at the words of a command: at each as a whole, and at what follows a name in them. */
function lookAtWords(place: string, words: readonly Written<string>[], look: Look): void {
  for (const word of words) look(place, "", word);
  for (const { name, value } of namedArguments(words))
    if (secretsIn("", value.value).length === 0) look(place, name, value);
}

/** A secret in a value. */
interface FoundSecret {
  secret: string;
  kind: LiteralSecret["kind"];
  /** Whether only the name of its key says so, and not its form. */
  isByName: boolean;
}

/** Tokens of GitHub, GitLab, Slack, Hugging Face and Google. */
const knownToken =
  /(?<![\w-])(?:gh[opsu]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{16,}|hf_[A-Za-z0-9]{30,}|AIza[\w-]{35})/g;

/** The secrets in a value. */
function secretsIn(key: string, value: string): FoundSecret[] {
  if (isDummyKey(key, value)) return [];
  const keys = [...value.matchAll(/(?<![\w-])sk-[A-Za-z0-9_-]{8,}/g)].map(([secret]) => ({
    secret,
    kind: "api-key" as const,
  }));
  const bearers = [...value.matchAll(/\bBearer\s+([A-Za-z0-9._~+/=-]{8,})/gi)].flatMap(([, secret = ""]) =>
    // `Bearer realm="…"` and `Bearer resource_metadata="…"` are challenges.
    secret.startsWith("sk-") || /^(?:realm|scope|error|resource_metadata)=/.test(secret)
      ? []
      : [{ secret, kind: "password" as const }],
  );
  const passwords = [...value.matchAll(/\b[a-z][a-z0-9+]*:\/\/[^\s/:@]*:([^\s/@]+)@/gi)].map(([, secret = ""]) => ({
    secret,
    kind: "password" as const,
  }));
  const tokens = [...value.matchAll(knownToken)].map(([secret]) => ({ secret, kind: "password" as const }));
  const byForm = [...keys, ...bearers, ...passwords, ...tokens].filter(({ secret }) => !isNoSecret(secret));
  if (byForm.length > 0) return byForm.map((one) => ({ ...one, isByName: false }));
  return secretName.test(key) && !isNoSecret(value) && !/[\s()]/.test(value)
    ? // A short key of LiteLLM's keeps its form, because LiteLLM looks at it.
      [{ secret: value, kind: value.startsWith("sk-") ? "api-key" : "password", isByName: true }]
    : [];
}
