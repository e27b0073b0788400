import { posix } from "node:path";
import type { ComposeService } from "../compose/types.ts";
import type { FaultList } from "../source/fault-list.ts";
import type { SourceLocation, Written } from "../source/location.ts";

/** LiteLLM's config file: the one that its command or `CONFIG_FILE_PATH` names, on this machine and in the container. */
export function findLiteLLMConfig(
  service: ComposeService,
  faults: FaultList,
): { file: string; inContainer: string; location: SourceLocation } | undefined {
  const named = optionOf(service.commandWords, ["--config", "-c"]) ?? service.environment.get("CONFIG_FILE_PATH");
  if (named === undefined) {
    faults.add(
      service.location,
      `the command of '${service.name}' names no config`,
      "add --config /app/config.yaml to it",
    );
    return undefined;
  }
  const inContainer = posix.resolve(service.workingDir ?? "/app", named.value);
  const file = mountedFile(service, inContainer);
  if (file === undefined) {
    faults.add(
      named.location,
      `LiteLLM's config ${inContainer} is not on a bind mount of '${service.name}'`,
      `mount it: ./litellm/config.yaml:${inContainer}:ro`,
    );
    return undefined;
  }
  return { file, inContainer, location: named.location };
}

/** The file on this machine behind a path in the container. */
export function mountedFile(service: ComposeService, inContainer: string): string | undefined {
  const mounts = service.mounts
    .filter(({ target }) => inContainer === target || inContainer.startsWith(target === "/" ? "/" : `${target}/`))
    .toSorted((a, b) => b.target.length - a.target.length);
  const [mount] = mounts;
  if (mount === undefined || mount.kind !== "bind") return undefined;
  const rest = inContainer.slice(mount.target.length).replace(/^\//, "");
  return rest === "" ? mount.source : `${mount.source}/${rest}`;
}

function optionOf(command: readonly Written<string>[], names: readonly string[]): Written<string> | undefined {
  for (const [index, word] of command.entries()) {
    const equals = word.value.indexOf("=");
    if (equals > 0 && names.includes(word.value.slice(0, equals)))
      return { value: word.value.slice(equals + 1), location: word.location };
    if (names.includes(word.value)) return command[index + 1];
  }
  return undefined;
}
