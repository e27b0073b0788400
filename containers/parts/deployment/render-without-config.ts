import { basename, posix } from "node:path";
import { emptyMountOf } from "../../../helpers/deployment/litellm/container-file.ts";
import type { ComposeService } from "../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";

/**
 * LiteLLM's command without a config that is in a volume, or elsewhere on the gateway host: a run
 * has none of its content, and LiteLLM would not start.
 *
 * @returns undefined where the command names no such config
 */
export function leaveOutConfig(
  service: ComposeService,
  command: readonly string[] = [],
): { command: string[]; change: RenderedChange } | undefined {
  const at = command.findIndex((word) => /^(?:--config|-c)(?:=|$)/.test(word));
  if (at === -1) return undefined;
  const [, written] = /=(.*)/.exec(command[at] ?? "") ?? [];
  const file = posix.resolve(service.workingDir ?? "/app", written ?? command[at + 1] ?? "");
  const mount = emptyMountOf(service, file);
  if (mount === undefined) return undefined;
  return {
    command: command.toSpliced(at, written === undefined ? 2 : 1),
    change: {
      where: `${basename(service.location.file)}:${service.key}.command`,
      what: `left out --config ${file}`,
      why:
        mount.kind === "volume"
          ? `the volume '${mount.source}' is empty in the run, and LiteLLM does not start without the file`
          : `${mount.source} is not among the deployment's files, and LiteLLM does not start without the file`,
    },
  };
}
