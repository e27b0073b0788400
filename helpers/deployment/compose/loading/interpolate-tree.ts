import { suggest } from "../../../core/text/nearest.ts";
import type { FaultList } from "../../source/fault-list.ts";
import type { LiteralSecrets } from "../../source/literal-secrets.ts";
import { mapTextNodes, type ValueProblem, type YamlNode, type YamlScalar } from "../../source/yaml-tree.ts";
import { interpolate } from "../environment/interpolation.ts";
import type { ProjectVariables } from "../environment/project-variables.ts";

/** What interpolating needs of the rest of the deployment. */
export interface InterpolationContext {
  variables: ProjectVariables;
  secrets: LiteralSecrets;
  faults: FaultList;
  budget: TextBudget;
}

/** How much text the variables of a project may still insert, all in all: a long value can be used ever so often. */
export interface TextBudget {
  /** In UTF-16 units. */
  left: number;
}

/** A deployment's texts have a thousandth of it. */
export function fullBudget(): TextBudget {
  return { left: 32 * 1024 * 1024 };
}

/**
 * A file's tree with its variables replaced. A form that compose refuses is a fault; a variable that nothing sets stays
 * with the value, for those who need it.
 */
export function interpolateTree(root: YamlNode, context: InterpolationContext): YamlNode {
  return mapTextNodes(root, (text, scalar) => {
    const { value, problems } = interpolated(text, scalar, context);
    return { ...scalar, value: context.secrets.text(value), problems };
  });
}

function interpolated(
  text: string,
  scalar: YamlScalar,
  { variables, faults, budget }: InterpolationContext,
): { value: string; problems: readonly ValueProblem[] | undefined } {
  if (budget.left < 0) return { value: text, problems: undefined };
  const { value, problems } = interpolate(text, variables);
  if (value !== text) budget.left -= value.length;
  if (budget.left < 0)
    faults.add(
      scalar.location,
      "the project's texts are longer than 32 MiB once their variables are replaced",
      "write shorter values",
    );
  if (problems.length === 0) return { value, problems: undefined };
  const found = problems.flatMap(({ kind, piece, variable, what, fix }): ValueProblem[] => {
    const { source, start, end } = scalar.span;
    const offset = source.text.indexOf(piece, start);
    const line = offset === -1 || offset >= end ? scalar.location.line : source.lineAt(offset);
    const location = { file: scalar.location.file, line };
    const better = variable === undefined ? fix : suggest(variable, variables.names(), fix);
    if (kind === "invalid") faults.add(location, `${what}: compose refuses it`, better);
    return kind === "invalid" ? [] : [{ kind: kind === "required" ? "missing" : "unset", what, fix: better, location }];
  });
  return { value, problems: found };
}
