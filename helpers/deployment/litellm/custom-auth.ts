import { posix } from "node:path";
import { suggest } from "../../core/text/nearest.ts";
import type { ComposeService } from "../compose/types.ts";
import type { FaultList } from "../source/fault-list.ts";
import type { NoteList } from "../source/note-list.ts";
import { locationOf, type YamlMap } from "../source/yaml-tree.ts";
import { fileIn } from "./config-file.ts";

/**
 * Checks `custom_auth`, a `module.function`; LiteLLM looks for the module next to its config only.
 *
 * @returns the module's absolute path on this machine; undefined where none of the files has it
 */
export function checkCustomAuth(
  value: string,
  root: YamlMap,
  config: { inContainer: string },
  service: ComposeService,
  { faults, notes }: { faults: FaultList; notes: NoteList },
): string | undefined {
  const location = locationOf(root, ["general_settings", "custom_auth"]);
  const parts = value.split(".");
  const name = parts.at(-1) ?? "";
  if (parts.length < 2 || parts.includes("")) {
    faults.add(
      location,
      `custom_auth is '${value}', expected module.function`,
      "write it like scoped_keys.authenticate",
    );
    return undefined;
  }
  const inContainer = posix.join(posix.dirname(config.inContainer), `${parts.slice(0, -1).join("/")}.py`);
  const found = fileIn(service, inContainer, faults);
  if (found === undefined && service.build !== undefined) {
    notes.add(
      "not-proved",
      location,
      `custom_auth is in ${inContainer}, which none of these files has`,
      "the image that the operator builds may have it",
      "mount the module there",
    );
    return undefined;
  }
  if (found === undefined) {
    faults.add(
      location,
      `custom_auth is in ${inContainer}, which is not on a bind mount of '${service.name}'`,
      "mount the module there: LiteLLM looks next to its config only",
    );
    return undefined;
  }
  const { source } = found;
  if (source === undefined) return undefined;
  const defined = [...source.text.matchAll(/^(async\s+)?def\s+([A-Za-z_]\w*)/gm)];
  const own = defined.find((match) => match[2] === name);
  if (own === undefined) {
    faults.add(
      location,
      `custom_auth names '${name}', which ${posix.basename(inContainer)} does not define`,
      suggest(
        name,
        defined.map((match) => match[2] ?? ""),
        `define 'async def ${name}(request, api_key)'`,
      ),
    );
  } else if (own[1] === undefined) {
    faults.add(
      { file: source.file, line: source.lineAt(own.index) },
      `'${name}' is not an async function: LiteLLM awaits it`,
      `write 'async def ${name}(request, api_key)'`,
    );
  }
  return source.file;
}
