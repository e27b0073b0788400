import type { ComposeService } from "../../compose/types.ts";
import { isDummyKey } from "../../litellm/dummy-key.ts";
import { isNoSecret } from "../../literals.ts";
import { isInDockerfile } from "../../services/build-outline.ts";
import { fillInMarks } from "../../source/fill-in-marks.ts";
import { recognisable } from "../../source/literal-secrets.ts";
import type { DeploymentView } from "../deployment-view.ts";
import { pathIn, placeOf } from "../files/compose-files.ts";
import { secretKind } from "./secret-kinds.ts";

/** Settings of LiteLLM that are keys. */
const keySettings = /^(?:master_key|api_key|auth_value|authentication_token|salt_key|client_secret|password)$/;

/** Where a secret is written into a file instead of a variable, each as a question; never the secret itself. */
export function literalKeyQuestions(view: DeploymentView): string[] {
  const { config, compose, folder } = view;
  const inConfig = (config?.files ?? []).flatMap(({ file, document, template }) =>
    literalSettings(template ?? document, []).map((path) => `${path.join(".")} in ${pathIn(folder, file)}`),
  );
  const inCompose = [...compose.services.values()].flatMap((service) => literalVariables(view, service));
  return [...inConfig, ...inCompose].map(
    (where) =>
      `${where} is a key in the file itself, which whoever reads the file has: which variable is to hold it, or which env file sets the variable that has it by default?`,
  );
}

/** The paths of settings that are keys and name no variable. */
function literalSettings(value: unknown, path: readonly string[]): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const own = [...path, name];
    if (typeof inner !== "string") return literalSettings(inner, own);
    const isKey =
      keySettings.test(name) && inner !== "" && !isNoSecret(inner) && !inner.includes("${") && !isToBeFilledIn(inner);
    // `api_key: dummy` is for a server that asks for none.
    if (isKey && (name === "master_key" || (recognisable(inner) && !isDummyKey(name, inner)))) return [own];
    return [];
  });
}

/** A mark that a tool replaces, or what `init` wrote in its place. */
function isToBeFilledIn(value: string): boolean {
  return fillInMarks(value).length > 0 || /^(?:sk-)?placeholder-/.test(value);
}

/** Variables of a service whose secret stands in the compose file itself. */
function literalVariables({ compose, variables, shell, folder }: DeploymentView, service: ComposeService): string[] {
  const files = new Set(compose.projects.flatMap((project) => project.files));
  const known = [...variables.values(), ...shell].filter((value) => value.length > 0);
  return [...service.environment].flatMap(([name, { value, location }]) => {
    const isInFile = files.has(location.file) || isInDockerfile(service, location);
    const isLiteral = isInFile && value !== "" && !known.some((one) => value.includes(one));
    if (!isLiteral || isDummyKey(name, value) || secretKind(name, value) === undefined) return [];
    return [`${name} of ${service.key} in ${placeOf(folder, location)}`];
  });
}
