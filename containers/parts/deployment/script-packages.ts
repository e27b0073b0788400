import { EnvironmentError } from "../../../helpers/core/errors.ts";
import { displayPath } from "../../../helpers/core/text/display-path.ts";
import type { NodeStart } from "../../../helpers/deployment/services/node-script.ts";
import { notBrought } from "../../images/recipes/node-scripts.ts";

/** What npm, or the build, says of a package that can't be had, with its name. */
const messages: readonly { pattern: RegExp; what(name: string): string; fix: string }[] = [
  {
    pattern: /404\s.*'((?:@[^/@\s]+\/)?[^/@\s']+)@[^']*' (?:is not in this registry|could not be found)/,
    what: (name) => `npm has no package '${name}'`,
    fix: "correct its name, or add node_modules with it to the mounted directory",
  },
  {
    pattern: /No matching version found for ((?:@[^/@\s]+\/)?[^/@\s]+)@/,
    what: (name) => `npm has no version of '${name}' that package.json allows`,
    fix: "name a published version in package.json",
  },
  {
    pattern: new RegExp(`^${notBrought} (\\S+)$`),
    what: (name) => `package.json does not name '${name}', and none of its packages depends on it`,
    fix: "add it to the dependencies of package.json",
  },
];

/** An error of an image that lacks what the operator's script imports, as one line with the place of the import. */
export function atItsImport(error: unknown, scripts: readonly NodeStart[]): unknown {
  if (!(error instanceof EnvironmentError)) return error;
  const imported = scripts.flatMap(({ modules }) => modules?.imported ?? []);
  for (const { pattern, what, fix } of messages) {
    const name = error.log.map((line) => pattern.exec(line)?.[1]).find((found) => found !== undefined);
    const at = imported.find((one) => one.name === name)?.location;
    if (name === undefined || at === undefined) continue;
    const place = `${displayPath(at.file)}:${at.line}`;
    return new EnvironmentError(`${place}: the script imports '${name}', and ${what(name)}; ${fix}`, {
      part: "litellm",
      cause: error,
    });
  }
  return error;
}
