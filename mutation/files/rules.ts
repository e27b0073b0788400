import type { EditableOption } from "../../helpers/deployment/traefik/options.ts";
import type { MatcherName, Rule } from "../../helpers/deployment/traefik/rules/rule.ts";
import { parseRule } from "../../helpers/deployment/traefik/rules/rule.ts";
import type { Change } from "./mutant.ts";
import { type OperatorFiles, optionOf } from "./operator-files.ts";

/** A router's rule as it is written. */
export interface WrittenRule {
  router: string;
  label: EditableOption;
  /** As written, compose's `$$` for a `$`. */
  text: string;
  rule: Rule;
}

/** A matcher in a rule, e.g. Path(`/ui`). */
export type Matcher = Rule & { kind: "matcher"; name: MatcherName };

/** The rule of every router in labels. */
export function rulesOf({ labels }: OperatorFiles): WrittenRule[] {
  return labels.flatMap((label) => {
    const option = optionOf(label, "routers");
    if (option?.option !== "rule") return [];
    const { text } = label.text.value;
    return [{ router: option.name, label, text, rule: parseRule(text) }];
  });
}

/** A rule and every part of it, from the outside in. */
export function* partsOf(rule: Rule): Generator<Rule> {
  yield rule;
  if (rule.kind === "not") yield* partsOf(rule.rule);
  if (rule.kind === "and" || rule.kind === "or") {
    yield* partsOf(rule.left);
    yield* partsOf(rule.right);
  }
}

/** Every matcher of these names, in every rule. */
export function matchersOf(
  files: OperatorFiles,
  ...names: readonly MatcherName[]
): { written: WrittenRule; matcher: Matcher; text: string }[] {
  return rulesOf(files).flatMap((written) =>
    [...partsOf(written.rule)]
      .filter((part) => part.kind === "matcher")
      .filter(({ name }) => names.length === 0 || names.includes(name))
      .map((matcher) => ({ written, matcher, text: textOf(written, matcher) })),
  );
}

/** The text of a part of a rule. */
export function textOf({ text }: WrittenRule, { span }: Pick<Rule, "span">): string {
  return text.slice(span.start, span.end);
}

/** A rule with a part of it replaced. */
export function rewritten(
  written: WrittenRule,
  { start, end }: Rule["span"],
  text: string,
  how = `${written.text.slice(start, end)} → ${text}`,
): Change {
  return { subject: `router ${written.router}`, how, ...written.label.text.value.replacePart(start, end, text) };
}

/** A matcher with other values; in a label compose wants `$$` for a `$`. */
export function matcherText(name: MatcherName, ...values: readonly string[]): string {
  return `${name}(${values.map((value) => `\`${value}\``).join(", ")})`;
}
