import type { YamlMap, YamlNode } from "../../source/yaml-tree.ts";
import { compareWithSchema } from "../compose-schema.ts";
import { canonical } from "./canonical.ts";
import { resolveExtends } from "./extends.ts";
import { type ModelFiles, resolveIncludes } from "./include.ts";
import { interpolateTree } from "./interpolate-tree.ts";
import type { LoadContext } from "./load-context.ts";
import { mergeTrees, withoutDuplicates } from "./merge.ts";
import { mapNode } from "./nodes.ts";
import { resolvePaths } from "./paths.ts";
import { resolveEnvironment } from "./resolve-environment.ts";
import { dropPaths, takeTags } from "./tags.ts";

/**
 * Reads compose files into one tree in compose's long forms, with absolute paths: parse, interpolate, include, extend,
 * merge.
 *
 * Source: compose-go, loader/loader.go, `loadYamlModel`.
 *
 * @returns undefined when nothing could be read
 */
export function loadModel(input: ModelFiles, context: LoadContext): YamlMap | undefined {
  let model: YamlMap | undefined;
  for (const file of input.files) model = loadFile(file, model, input, context) ?? model;
  if (model === undefined) return undefined;
  return resolvePaths(resolveEnvironment(model, input.variables), input.folder, input.variables);
}

function loadFile(
  file: string,
  before: YamlMap | undefined,
  input: ModelFiles,
  context: LoadContext,
): YamlMap | undefined {
  const { sources, faults, secrets, budget } = context;
  let model = before;
  for (const root of sources.read(file, context.namedAt) ?? []) {
    if (root.kind !== "map") {
      faults.add(root.location, "is not a mapping", "write 'services:' with the services below it");
      continue;
    }
    const { tree, dropped } = takeTags(root);
    const own = interpolateTree(tree, { variables: input.variables, secrets, faults, budget });
    if (own.kind !== "map") continue;
    validate(own, context);
    const included = resolveIncludes(canonical(own, faults), dropped, { ...input, file }, context, loadModel);
    const extended = resolveExtends(
      included,
      dropped,
      { file, folder: input.folder, variables: input.variables },
      context,
    );
    model = mergeTrees(dropPaths(model ?? mapNode([], root), dropped), extended, [], faults);
    model = withoutDuplicates(model);
  }
  return model;
}

/** Adds a fault for each key and value of a file that compose refuses. */
function validate(own: YamlNode, { faults }: LoadContext): void {
  const differences = compareWithSchema(own);
  differences.reportUnknownKeys(faults);
  differences.reportWrongValues(faults);
}
