import { posix } from "node:path";
import type { ComposeService } from "../compose/types.ts";
import { isOfficialLiteLLMImage, mayBeMirrored } from "../services/build-outline.ts";
import { dockerfileOf } from "../services/dockerfile-path.ts";
import { withoutInitProgram } from "../services/init-program.ts";
import { isFile } from "../source/is-file.ts";
import type { SourceLocation } from "../source/location.ts";
import { emptyMountOf, presentFile } from "./container-file.ts";
import type { ConfigGap } from "./types.ts";

/** LiteLLM's config as its command or its environment names it. */
interface NamedConfig {
  inContainer: string;
  location: SourceLocation;
}

/**
 * A config where the deployment's folder does not have it: in a volume, which something else fills (a git-sync, an editor, the
 * operator by hand), in a directory of the gateway host, or a file there.
 */
export function configElsewhere(
  service: ComposeService,
  { inContainer, location, folder }: NamedConfig & { folder: string },
): ConfigGap | undefined {
  const mount = emptyMountOf(service, inContainer);
  if (mount === undefined) return undefined;
  const { kind, source, target } = mount;
  const shown = source.startsWith(`${folder}/`) ? `.${source.slice(folder.length)}` : source;
  const rest = posix.relative(target, inContainer);
  const [place, entry] =
    kind === "volume"
      ? [`in the volume '${source}', whose content is in no file`, `${posix.join(source, rest)}: ./config.yaml`]
      : rest === ""
        ? [`${shown} of the gateway host, which is not here`, `${shown}: ./config.yaml`]
        : [`in the directory ${shown}, which is not here`, `${shown}: ./litellm`];
  return {
    state: "unknown",
    location,
    what: `LiteLLM's config ${inContainer} is ${place}`,
    why: "its servers and models are unknown to the suite",
    fix: `add '${entry}' under 'files:' in policy.yaml, with the path of a copy`,
  };
}

/**
 * An image of the operator's that starts by its own command, and that no compose file builds: its config may be in it, and what
 * it does with one that is mounted is in no file.
 */
export function configOfOwnImage({ image, build, entrypoint, command }: ComposeService): ConfigGap | undefined {
  if (image === undefined || build !== undefined || entrypoint !== undefined || command !== undefined) return undefined;
  if (isOfficialLiteLLMImage(image.value) || mayBeMirrored(image.value)) return undefined;
  return {
    state: "unknown",
    location: image.location,
    what: `the image '${image.value}' starts LiteLLM by its own command, and none of the files builds it`,
    why: "which config it reads, and so its servers and models, are unknown to the suite",
    fix: 'mount the config and name it: command: ["--config", "/app/config.yaml"]; or add the image\'s \'build:\'',
  };
}

/** A config that is the container's own: a script of the operator's makes it, or the image has it. */
export function configOfContainer(
  service: ComposeService,
  { inContainer, location }: NamedConfig,
): ConfigGap | undefined {
  const script = ownScript(service) ?? inlineScript(service, inContainer);
  if (script !== undefined)
    return {
      state: "unknown",
      location,
      what: `LiteLLM's config ${inContainer} is made by ${script}, when the container starts`,
      why: "what it will say is in no file, so its servers and models are unknown to the suite",
      fix: `mount it as the script makes it: ./litellm/config.yaml:${inContainer}:ro`,
    };
  if (service.build !== undefined && location.file === dockerfileOf(service.build))
    return {
      state: "unknown",
      location,
      what: `LiteLLM's config ${inContainer} is in the image, and no COPY of the Dockerfile says from where`,
      why: "its servers and models are unknown to the suite",
      fix: `mount it: ./litellm/config.yaml:${inContainer}:ro`,
    };
  return undefined;
}

/** A script in the command (`sh -c "envsubst < /config.tmpl > /tmp/config.yaml && litellm …"`) that writes files before it starts LiteLLM. */
function inlineScript({ entrypoint = [], command = [] }: ComposeService, inContainer: string): string | undefined {
  const words = withoutInitProgram([...entrypoint, ...command]);
  const flag = words.findIndex((word) => /^-[a-z]*c$/.test(word));
  const isShell = /^(?:ba|da|a|z)?sh$/.test(posix.basename(words[0] ?? ""));
  const script = isShell && flag !== -1 ? (words[flag + 1] ?? "") : "";
  const writesFile = /(?:^|[^0-9&<>=-])>{1,2}\s*["']?(?!\s*(?:&|\/dev\/))/.test(script);
  return writesFile || script.split(inContainer).length > 2 ? "the script in its command" : undefined;
}

/** A script of the operator's that starts LiteLLM, and may write files before. */
function ownScript(service: ComposeService): string | undefined {
  const { entrypoint = [], command = [] } = service;
  const words = withoutInitProgram([...entrypoint, ...command]);
  const isShell = /^(?:ba|da|a|z)?sh$/.test(posix.basename(words[0] ?? ""));
  // A command's first word is a script where no entry point but a shell is in front of it.
  const first = words.at(isShell ? 1 : 0) ?? "";
  const script = [...entrypoint, first].find(
    (word) => /\.(?:sh|py)$/.test(word) || (word.startsWith("/") && isFile(presentFile(service, word))),
  );
  return script === undefined || /\/docker\/(?:prod_)?entrypoint\.sh$/.test(script) ? undefined : script;
}
