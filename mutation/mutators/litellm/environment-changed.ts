import type { Mutator } from "../../files/mutators.ts";

/** Each variable of LiteLLM's in compose.yaml dropped or flipped; the same for its env file, command and volumes. */
export default {
  kind: "LiteLLM environment",
  *changes({ compose, deployment }) {
    const { name: service } = deployment.litellm;
    for (const section of ["environment", "volumes", "command", "env_file"]) {
      for (const entry of compose.below("services", service, section)) {
        const subject = `${section} ${entry.path.at(-1)}${section === "environment" ? "" : ` ${entry.value?.text ?? ""}`}`;
        const removed = entry.remove();
        if (removed !== undefined) yield { subject, how: "dropped", ...removed };
        const flipped = { true: "False", false: "True", "*": "127.0.0.1" }[entry.value?.text.toLowerCase() ?? ""];
        if (entry.value && flipped !== undefined) yield { subject, how: flipped, ...entry.value.replace(flipped) };
      }
    }
    const whole = compose.at("services", service, "env_file")?.remove();
    if (whole !== undefined) yield { subject: "env_file", how: "dropped", ...whole };
  },
} satisfies Mutator;
