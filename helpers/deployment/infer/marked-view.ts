import type { Facts } from "../facts.ts";
import { type DeploymentView, deploymentView } from "./deployment-view.ts";
import { secretKind } from "./sections/secret-kinds.ts";

/**
 * The same deployment with each secret replaced by a text that occurs nowhere else: a place that has the text uses that
 * secret. In an example, many secrets have one value, and a password is often a word that stands for something else too.
 *
 * @param read reads the facts again, with other values for variables
 */
export function markedView(
  view: DeploymentView,
  read: (replace: ReadonlyMap<string, string>) => Facts,
): DeploymentView {
  const replace = new Map(
    [...view.variables].flatMap(([name, value], index): [string, string][] => {
      const kind = value === "" ? undefined : (secretKind(name, value) ?? view.kinds.get(name));
      if (kind === undefined) return [];
      const mark = `marked-secret-${index}-of-init`;
      // A DSN names the server, so a run replaces its password only.
      if (kind === "postgres-url") return [[name, withPassword(value, mark)]];
      return [[name, `${value.startsWith("sk-") ? "sk-" : ""}${mark}`]];
    }),
  );
  if (replace.size === 0) return view;
  const facts = read(replace);
  const marked = deploymentView(facts);
  if (typeof marked === "string") return view;
  const markedValue = (name: string, value: string): string =>
    facts.variables.get(name)?.value ?? replace.get(name) ?? value;
  return {
    ...marked,
    kinds: view.kinds,
    variables: new Map([...view.variables].map(([name, value]) => [name, markedValue(name, value)])),
  };
}

function withPassword(dsn: string, password: string): string {
  const url = new URL(dsn);
  url.password = password;
  return url.href;
}
