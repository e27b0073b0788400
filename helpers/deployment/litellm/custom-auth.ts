import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { displayPath } from "../../core/text/display-path.ts";
import { suggest } from "../../core/text/nearest.ts";
import type { ComposeService } from "../compose/types.ts";
import type { FaultList } from "../source/fault-list.ts";
import { isFile } from "../source/is-file.ts";
import type { Written } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";
import { locationOf, type YamlMap } from "../source/yaml-tree.ts";
import { fileIn, isIn } from "./container-file.ts";
import { atLeast } from "./version.ts";

/** From here on LiteLLM imports a module by its name where none is next to its config: 1.77.1 does not, 1.99.0 and 1.106.2 do. */
const firstVersionThatImports = "1.77.2";

/** Where LiteLLM looks for the module. */
export interface CustomAuthContext {
  config: { inContainer: string };
  environment: ReadonlyMap<string, Written<string>>;
  version: string;
  faults: FaultList;
  notes: NoteList;
}

/**
 * Checks `custom_auth`, a `module.function`. LiteLLM looks for the module next to its config; newer versions then look in the
 * working directory, on `PYTHONPATH` and in the installed packages. Source: litellm 1.106.2, proxy/types_utils/utils.py
 * `get_instance_fn`, and proxy/proxy_cli.py; measured.
 *
 * @returns the module's absolute path on this machine; undefined where none of the files has it
 */
export function checkCustomAuth(
  value: string,
  root: YamlMap,
  service: ComposeService,
  { config, environment, version, faults, notes }: CustomAuthContext,
): string | undefined {
  const location = locationOf(root, ["general_settings", "custom_auth"]);
  const parts = value.split(".");
  const name = parts.at(-1) ?? "";
  if (/^(?:s3|gcs):\/\//.test(value)) {
    faults.add(
      location,
      `custom_auth is at ${value}, which no run can fetch`,
      "mount a copy of the module next to LiteLLM's config, and write module.function",
    );
    return undefined;
  }
  if (parts.length < 2 || parts.includes("") || /[/:\s]/.test(value) || !/^[A-Za-z_]\w*$/.test(name)) {
    faults.add(
      location,
      `custom_auth is '${value}', expected module.function`,
      "write it like scoped_keys.authenticate",
    );
    return undefined;
  }
  const imports = atLeast(version, firstVersionThatImports);
  if (imports && parts[0] === "litellm") return undefined;
  const nextToConfig = posix.dirname(config.inContainer);
  const folders = imports ? [nextToConfig, ...importedFrom(service, environment)] : [nextToConfig];
  const mountIt = imports
    ? "mount the module there: LiteLLM looks next to its config, in its working directory and on PYTHONPATH"
    : "mount the module there: LiteLLM looks next to its config only";
  const paths = folders.map((folder) => posix.join(folder, `${parts.slice(0, -1).join("/")}.py`));
  const inContainer = paths.find((path) => isIn(service, path)) ?? paths[0] ?? "";
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
      [...mountedFunctions(service, nextToConfig), mountIt].join(", or "),
    );
    return undefined;
  }
  const { source } = found;
  if (source === undefined) return undefined;
  const defined = [...source.text.matchAll(/^(async\s+)?def\s+([A-Za-z_]\w*)/gm)];
  const own = defined.find((match) => match[2] === name);
  if (own === undefined && bindsOtherwise(source.text, name)) return source.file;
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

/** Whether a module has a name that it does not define as a function: it imports or assigns it, or imports all that another has. */
function bindsOtherwise(text: string, name: string): boolean {
  return new RegExp(
    `^(?:${name}\\s*[:=]|class\\s+${name}\\b)|^\\s*(?:from\\s+\\S+\\s+)?import\\s+(?:\\*|[^\\n]*\\b${name}\\b|\\([^)]*\\b${name}\\b)`,
    "m",
  ).test(text);
}

/** The functions of the modules that are mounted next to the config, as `custom_auth` names them, each as an imperative. */
function mountedFunctions({ mounts }: ComposeService, directory: string): string[] {
  return mounts.flatMap(({ kind, source, target, location }) => {
    const module = /^([A-Za-z_]\w*)\.py$/.exec(posix.basename(target))?.[1];
    if (kind !== "bind" || module === undefined || posix.dirname(target) !== directory || !isFile(source)) return [];
    const [, name] = /^async\s+def\s+([A-Za-z_]\w*)\(\s*request\b/m.exec(readFileSync(source, "utf8")) ?? [];
    const at = `${displayPath(location.file)}:${location.line}`;
    return name === undefined ? [] : [`write ${module}.${name}, which ${at} mounts`];
  });
}

/** The folders from which Python imports a module of the operator's. */
function importedFrom(service: ComposeService, environment: ReadonlyMap<string, Written<string>>): string[] {
  const workingDir = service.workingDir ?? "/app";
  const paths = environment.get("PYTHONPATH")?.value.split(":") ?? [];
  return [...paths.filter((path) => path !== ""), "."].map((path) => posix.resolve(workingDir, path));
}
