import { type DeploymentView, serviceOutline } from "../deployment-view.ts";
import { placeOf } from "../files/compose-files.ts";
import { roleSigns, servesMcp } from "../files/roles.ts";

/**
 * Every LiteLLM that clients may call but the one that the run has: nothing is proved of it. One that only migrates a database has no
 * servers, rules or ports.
 */
export function otherLiteLLMQuestions({ folder, compose, litellm }: DeploymentView): string[] {
  const others = [...compose.services.values()].filter((service) => {
    const outline = serviceOutline(service);
    const isCalled = outline.hasRules === true || service.ports.length > 0 || servesMcp(outline);
    return service !== litellm && roleSigns(outline, "litellm") === 2 && isCalled;
  });
  return others.map(
    ({ key, location }) =>
      `who calls ${key} (${placeOf(folder, location)})? It is a LiteLLM too, and the run has ${litellm.key} only; ` +
      `\`services: { litellm: ${key} }\` proves it in place of that one`,
  );
}
