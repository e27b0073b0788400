import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Mutator } from "../../files/mutators.ts";

/** Versions of a part that the suite can build. */
function knownVersions(part: string): string[] {
  const folder = join(import.meta.dirname, "..", "..", "..", "containers", "images", "contexts", part);
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() && /^\d/.test(entry.name) ? [entry.name] : [],
  );
}

/** Another version of LiteLLM or Traefik. */
export default {
  kind: "versions",
  *changes({ compose, deployment }) {
    for (const part of ["litellm", "traefik"] as const) {
      const { name = "", version } = deployment[part] ?? {};
      const image = compose.at("services", name, "image")?.value;
      if (image === undefined || version === undefined) continue;
      for (const other of knownVersions(part))
        if (other !== version)
          yield { subject: `service ${name}`, how: other, ...image.replace(image.text.replace(version, other)) };
    }
  },
} satisfies Mutator;
