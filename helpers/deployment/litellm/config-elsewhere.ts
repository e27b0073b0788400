import { posix } from "node:path";
import type { ComposeService } from "../compose/types.ts";
import { isFile } from "../source/is-file.ts";
import type { SourceLocation } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";
import { emptyMountOf, presentFile } from "./container-file.ts";

/**
 * Notes that a config is where the deployment's folder does not have it: in a volume, which something else fills (a git-sync,
 * an editor, the operator by hand), or in a directory of the gateway host.
 */
export function noteElsewhere(
  service: ComposeService,
  { inContainer, location, folder }: { inContainer: string; location: SourceLocation; folder: string },
  notes: NoteList,
): boolean {
  const mount = emptyMountOf(service, inContainer);
  if (mount === undefined) return false;
  const { kind, source, target } = mount;
  const shown = source.startsWith(`${folder}/`) ? `.${source.slice(folder.length)}` : source;
  const [place, entry] =
    kind === "volume"
      ? [
          `the volume '${source}', whose content is in no file`,
          `${posix.join(source, posix.relative(target, inContainer))}: ./config.yaml`,
        ]
      : [`the directory ${shown}, which is not here`, `${shown}: ./litellm`];
  notes.add(
    "not-proved",
    location,
    `LiteLLM's config ${inContainer} is in ${place}`,
    "its servers and models are unknown to the suite",
    `add '${entry}' under 'files:' in policy.yaml, with the path of a copy`,
  );
  return true;
}

/** A script of the operator's that starts LiteLLM, and may write files before. */
export function ownScript(service: ComposeService): string | undefined {
  const { entrypoint = [] } = service;
  const script = entrypoint.find(
    (word) => /\.(?:sh|py)$/.test(word) || (word.startsWith("/") && isFile(presentFile(service, word))),
  );
  return script === undefined || /\/docker\/(?:prod_)?entrypoint\.sh$/.test(script) ? undefined : script;
}
