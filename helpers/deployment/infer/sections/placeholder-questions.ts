import type { ConfigPlaceholder } from "../../litellm/types.ts";
import type { TraefikPlaceholder } from "../../traefik/placeholders.ts";
import { placeOf } from "../files/compose-files.ts";

/** One question for each placeholder in a configuration, with every place that has it. */
export function placeholderQuestions(
  found: readonly (TraefikPlaceholder | ConfigPlaceholder)[],
  folder: string,
): string[] {
  const alike = Map.groupBy(found, ({ text, effect }) => `${text} ${effect}`);
  return [...alike.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const places = same.map(({ option, location }) => `${option} (${placeOf(folder, location)})`);
    return `what is ${first.text} in ${places.join(", ")}? ${first.effect}: write the deployment's own value there, and call \`npm run init\` again`;
  });
}
