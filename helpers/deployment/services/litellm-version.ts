import { readFileSync, statSync } from "node:fs";
import { imageVersion } from "../compose/service/image-version.ts";
import type { ComposeService } from "../compose/types.ts";
import { builtLiteLLMVersion, isLiteLLMPackage, outlineOf } from "./build-outline.ts";
import { installedPackages } from "./dockerfile.ts";

/**
 * The version of a LiteLLM by the deployment's files: the one that the start installs, else the image's tag's, else the one that
 * the Dockerfile builds on or installs; undefined where none names one.
 */
export function liteLLMVersionOf(service: ComposeService): string | undefined {
  const { image, build, version } = service;
  const built = build === undefined ? undefined : outlineOf(build);
  return (
    versionAtStart(service) ??
    (isRuntime(image?.value ?? "") ? undefined : version) ??
    (built && builtLiteLLMVersion(built))
  );
}

/** The version in an image's tag; undefined for an image of a language or a system, whose tag names another one. */
export function liteLLMImageVersion(image: string): string | undefined {
  return isRuntime(image) ? undefined : imageVersion(image);
}

/**
 * The version of LiteLLM that a command or a script installs or starts with a launcher: `pip install litellm[proxy]==1.80.0`,
 * `uvx --from litellm==1.80.0 litellm`.
 *
 * @param environment values for the variables of the script
 */
export function installedLiteLLM(
  script: string,
  environment: ReadonlyMap<string, { value: string }> = new Map(),
): string | undefined {
  const text = script.replaceAll(/\$\{?([A-Za-z_]\w*)(?::?-([^}]*))?\}?/g, (whole, name: string, fallback?: string) =>
    (environment.get(name)?.value ?? "") === "" ? (fallback ?? whole) : (environment.get(name)?.value ?? whole),
  );
  const installed = installedPackages(text).findLast(isLiteLLMPackage)?.version;
  const [, launched] =
    /(?:\buvx|\buv tool run|\bpipx run|--from|--with)[\s=]+["']?litellm(?:\[[^\]]*\])?(?:==|@)(\d[\w.]*)/.exec(text) ??
    [];
  return [installed, launched].find((version) => version !== undefined && /^\d/.test(version));
}

function versionAtStart({ entrypoint = [], commandWords, mounts, environment }: ComposeService): string | undefined {
  const words = [...entrypoint, ...commandWords.map(({ value }) => value)];
  const scripts = mounts.flatMap(({ kind, target, source, isAvailable }) =>
    kind === "bind" && isAvailable && words.some((word) => word.split(/\s+/).includes(target)) && isScript(source)
      ? readFileSync(source, "utf8").replaceAll(/^\s*#.*$/gm, "")
      : [],
  );
  return [...words, words.join(" "), ...scripts]
    .map((text) => installedLiteLLM(text, environment))
    .find((version) => version !== undefined);
}

/** Whether a file is a script of a start: small, and no config. */
function isScript(file: string): boolean {
  const status = statSync(file);
  return status.isFile() && status.size < 100_000 && !/\.(?:ya?ml|json|toml)$/i.test(file);
}

function isRuntime(image: string): boolean {
  return /^(?:(?:[\w.-]+(?::\d+)?\/)*)(?:python|node|debian|ubuntu|alpine|uv|miniconda3?)(?:[:@]|$)/.test(image);
}
