import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import type { ComposeService } from "../compose/types.ts";
import { mountedFile, presentText } from "../litellm/container-file.ts";
import type { UpstreamConfig } from "../litellm/types.ts";
import { outlineOf } from "./build-outline.ts";
import type { PackageSpec } from "./package-spec.ts";
import { hasModule, importedModules, presentModules } from "./python-modules.ts";

/** A Python script of the operator's that LiteLLM starts over stdio: mounted, or copied by LiteLLM's Dockerfile. */
export interface PythonScript {
  /** The packages that it imports beyond LiteLLM's own, which LiteLLM's Dockerfile installs by name. */
  packages: readonly PackageSpec[];
  /** Modules that no known package has: a run can't start it. */
  missing: readonly string[];
}

/** Undefined for a server that starts anything else, and for a script that is in no file of the deployment. */
export function pythonScript(
  { command, args }: Pick<UpstreamConfig & { transport: "stdio" }, "command" | "args">,
  service: ComposeService,
): PythonScript | undefined {
  if (!/^python[\d.]*$/.test(posix.basename(command))) return undefined;
  const script = args.find((word) => !/^-[uBEIOsSq]+$/.test(word));
  if (script === undefined || script.startsWith("-") || !script.endsWith(".py")) return undefined;
  const inContainer = posix.resolve(service.workingDir ?? "/app", script);
  if (presentText(service, inContainer) === undefined) return undefined;
  const modules = modulesOf(service, inContainer);
  const installed = service.build === undefined ? [] : (outlineOf(service.build)?.packages ?? []);
  const ofModule = (module: string): PackageSpec | undefined =>
    installed.find(({ ecosystem, name }) => ecosystem === "pypi" && hasModule(name, module));
  return {
    packages: modules.flatMap((module) => {
      const spec = ofModule(module);
      // LiteLLM's own version of it stays where the Dockerfile names none.
      return spec === undefined || (presentModules.has(module) && spec.version === undefined) ? [] : spec;
    }),
    missing: modules.filter((module) => !presentModules.has(module) && ofModule(module) === undefined),
  };
}

/** The modules that a script imports, and those that the operator's modules next to it import in turn; without the latter. */
function modulesOf(service: ComposeService, script: string): string[] {
  const directory = posix.dirname(script);
  const modules = new Set<string>();
  const pending = [presentText(service, script) ?? ""];
  const seen = new Set<string>();
  for (let text = pending.pop(); text !== undefined; text = pending.pop()) {
    for (const name of importedModules(text)) {
      if (seen.has(name)) continue;
      seen.add(name);
      const own = ownModule(service, posix.join(directory, name));
      if (own === undefined) modules.add(name);
      else pending.push(...own);
    }
  }
  return [...modules];
}

/** The texts of a module of the operator's, a file or a directory; undefined where the deployment does not have it. */
function ownModule(service: ComposeService, inContainer: string): string[] | undefined {
  const text = presentText(service, `${inContainer}.py`);
  if (text !== undefined) return [text];
  const directory = mountedFile(service, inContainer);
  if (directory === undefined || statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true)
    return undefined;
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".py"));
  return files.map((file) => readFileSync(join(directory, file), "utf8"));
}
