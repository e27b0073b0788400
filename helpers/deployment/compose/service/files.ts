import { isAbsolute } from "node:path";
import { suggest } from "../../../core/text/nearest.ts";
import { nodeAt, type ValueProblem, type YamlMap, type YamlScalar } from "../../source/yaml-tree.ts";
import type { ComposeFileSource, ServiceFile } from "../types.ts";
import type { ServiceContext } from "./service-context.ts";
import { itemsAt, problemsOf, textAt } from "./values.ts";

/** The configs and secrets of a service. */
export function readFiles(
  service: YamlMap,
  within: string,
  context: ServiceContext,
): { files: ServiceFile[]; missing: ValueProblem[] } {
  const files: ServiceFile[] = [];
  const missing: ValueProblem[] = [];
  for (const kind of ["config", "secret"] as const) {
    const declared = kind === "config" ? context.configs : context.secrets;
    for (const item of itemsAt(service, `${kind}s`)) {
      if (item.kind !== "map") continue;
      const name = textAt(item, "source") ?? "";
      const source = declared.get(name);
      if (source === undefined) {
        context.faults.add(
          item.location,
          `${within}.${kind}s names '${name}', which is not declared`,
          suggest(name, declared.keys(), `add '${name}:' under the top level's '${kind}s:'`),
        );
        continue;
      }
      const target = textAt(item, "target") ?? name;
      const mode = nodeAt(item, "mode");
      files.push({
        kind,
        name,
        content: source.content,
        // A secret's relative target is below /run/secrets, a config's below the root.
        target: isAbsolute(target) ? target : kind === "secret" ? `/run/secrets/${target}` : `/${target}`,
        mode: mode?.kind === "scalar" ? modeOf(mode.value) : undefined,
        uid: textAt(item, "uid"),
        gid: textAt(item, "gid"),
        location: item.location,
      });
      missing.push(...missingContent(source, context));
    }
  }
  return { files, missing };
}

/** A number is the mode already (`0444` is octal in YAML); a text has octal digits. */
function modeOf(mode: YamlScalar["value"]): number | undefined {
  const value = typeof mode === "string" ? Number.parseInt(mode, 8) : mode;
  return typeof value === "number" && Number.isInteger(value) ? value : undefined;
}

function missingContent(
  { kind, name, content, location }: ComposeFileSource,
  { host }: ServiceContext,
): ValueProblem[] {
  if (content.from === "variable" && content.text === undefined)
    return [
      {
        kind: "missing",
        what: `the ${kind} '${name}' takes the variable '${content.variable}', which is not set`,
        fix: `set ${content.variable} in the project's .env file, or under 'variables:' in policy.yaml`,
        location,
      },
    ];
  if (content.from !== "file") return [];
  const { state, path } = host.find(content.file);
  if (state === "present") return [];
  const where =
    state === "missing"
      ? "is missing"
      : state === "outside"
        ? "is outside of the deployment's folder"
        : "leads out of the deployment's folder";
  return [
    {
      kind: "missing",
      what: `the file '${path}' of the ${kind} '${name}' ${where}`,
      fix:
        state === "missing"
          ? "write it, or fix the path"
          : `put a copy of it into the folder, and add '${content.file}: ./COPY' under 'files:' in policy.yaml`,
      location,
    },
  ];
}

/** The configs or secrets that a project declares, by name. */
export function readFileSources(
  section: YamlMap | undefined,
  kind: ComposeFileSource["kind"],
  project: string,
  context: Pick<ServiceContext, "faults" | "host"> & { replace(name: string): string | undefined },
): Map<string, ComposeFileSource> {
  const sources = new Map<string, ComposeFileSource>();
  for (const [name, { keyLocation: location, value }] of section?.entries ?? []) {
    if (name.startsWith("x-") || value.kind !== "map") continue;
    const [file, text, variable, external] = ["file", "content", "environment", "external"].map((key) =>
      textAt(value, key),
    );
    const replaced = context.replace(name);
    const externalName = external === "true" ? (textAt(value, "name") ?? name) : undefined;
    const copy = externalName === undefined ? undefined : context.host.named(externalName);
    if (kind === "config" && file !== undefined && text !== undefined)
      context.faults.add(
        location,
        `the config '${name}' has both 'file' and 'content': compose refuses it`,
        "keep one of the two",
      );
    const content: ComposeFileSource["content"] | undefined =
      replaced !== undefined
        ? { from: "text", text: replaced }
        : copy !== undefined
          ? { from: "file", file: copy }
          : externalName !== undefined
            ? { from: "external", external: externalName }
            : variable !== undefined
              ? { from: "variable", variable, text }
              : text !== undefined
                ? { from: "text", text }
                : file !== undefined
                  ? {
                      from: "file",
                      file: context.host.find(file).state === "present" ? context.host.find(file).path : file,
                    }
                  : undefined;
    if (content === undefined) {
      context.faults.add(
        location,
        `the ${kind} '${name}' says no content: compose refuses it`,
        kind === "config"
          ? "add 'file', 'content', 'environment' or 'external: true'"
          : "add 'file', 'environment' or 'external: true'",
      );
      continue;
    }
    sources.set(name, { kind, name, project, content, location });
    for (const problem of problemsOf(value))
      if (problem.kind === "missing") context.faults.add(problem.location, problem.what, problem.fix);
  }
  return sources;
}
