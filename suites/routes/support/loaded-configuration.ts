import type { TraefikModel } from "../../../helpers/deployment/traefik/model.ts";
import type { TraefikProblem } from "../../../helpers/deployment/traefik/problems.ts";

/** A router, middleware or service of Traefik's live configuration. */
export interface LoadedItem {
  section: "routers" | "middlewares" | "services";
  /** With its provider, e.g. `litellm@docker`. */
  name: string;
  /** What Traefik says is wrong with it. */
  errors: readonly string[];
}

/** An error that one of Traefik's providers logged. */
export interface ProviderError {
  /** In lower case, e.g. `file`. */
  provider: string;
  message: string;
}

const sections = ["routers", "middlewares", "services"] as const;

/** What Traefik has loaded, by `/api/rawdata`, without what it and the suite bring themselves. */
export function loadedItems(rawData: string): LoadedItem[] {
  const data = JSON.parse(rawData) as Partial<
    Record<(typeof sections)[number], Record<string, { status?: string; error?: string[] }>>
  >;
  return sections.flatMap((section) =>
    Object.entries(data[section] ?? {}).flatMap(([name, { status = "enabled", error = [] }]) => {
      if (name.endsWith("@internal") || name.startsWith("gateway-conformance")) return [];
      const errors = error.length === 0 && status === "disabled" ? ["status disabled"] : error;
      return [{ section, name, errors }];
    }),
  );
}

/** Colours of Traefik's console log. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character
const colours = /\u001b\[[0-9;]*m/g;

/** The errors of providers in Traefik's log, each once; whatever its format is. */
export function providerErrors(log: string): ProviderError[] {
  const found = log.split("\n").flatMap((coloured) => {
    const line = coloured.replace(colours, "");
    const isError = / ERR | FTL |"level":"(error|fatal)"|level=(error|fatal)/.test(line);
    const provider = /providerName"?[=:] ?"?([a-z]+)/i.exec(line)?.[1] ?? /\*(\w+)\.Provider/.exec(line)?.[1];
    if (!isError || provider === undefined || /routerName|middlewareName|serviceName/.test(line)) return [];
    return [{ provider: provider.toLowerCase(), message: line.replace(/^\S+ (?=ERR|FTL)/, "").trim() }];
  });
  return [...new Map(found.map((one) => [`${one.provider} ${one.message}`, one])).values()];
}

/** What is known to be wrong in the files that a provider's error is about; a message names its container or entry point. */
export function problemOf(
  { problems }: Pick<TraefikModel, "problems">,
  { provider, message }: ProviderError,
): TraefikProblem | undefined {
  const entryPoint = /entryPointName"?[=:] ?"?([^\s"]+)/i.exec(message)?.[1];
  return problems.find(({ scope }) => {
    if (scope.kind === "redirection") return provider === "internal" && scope.name === entryPoint;
    if (scope.kind !== "source") return false;
    return scope.source === "file" ? provider === "file" : provider !== "file" && message.includes(scope.source);
  });
}
