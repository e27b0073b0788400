import type { Mutator } from "../../files/mutators.ts";

/** Each secret in the environment of each other service. */
export default {
  kind: "keys",
  *changes({ compose, deployment }) {
    for (const { name, environment } of deployment.compose.services.values()) {
      if (name === deployment.litellm.name) continue;
      const written = compose.below("services", name, "environment").at(-1);
      for (const secret of deployment.policy.secrets) {
        const added =
          written === undefined
            ? compose.at("services", name, "image")?.addAfter(["environment:", `  LEAKED: \${${secret.name}}`])
            : written.addAfter([`LEAKED: \${${secret.name}}`]);
        if (added === undefined || environment.has("LEAKED")) continue;
        yield { subject: `service ${name}`, how: `${secret.name} in its environment`, ...added };
      }
    }
  },
} satisfies Mutator;
