import type { Mutator } from "../../files/mutators.ts";
import { optionsOfRouter } from "../../files/operator-files.ts";
import { rulesOf } from "../../files/rules.ts";

/** Paths that an operator may have opened temporarily and forgotten. */
const forgotten = ["/metrics", "/v1/models", "/key/info", "/mcp/"];

/** A router for one more path on each entry point. */
export default {
  kind: "Traefik labels",
  *changes(files) {
    const seen = new Set<string>();
    for (const { router, label } of rulesOf(files)) {
      const own = optionsOfRouter(files.labels, router);
      const service = own.get("service");
      const entryPoint = own.get("entrypoints");
      const host = files.deployment.policy.hosts.find((one) => one.entryPoint === entryPoint);
      if (service?.endsWith("@internal") || entryPoint === undefined || host === undefined) continue;
      if (seen.has(entryPoint)) continue;
      seen.add(entryPoint);
      const name = "traefik.http.routers.forgotten";
      for (const path of forgotten) {
        const added = label.text.addAfter([
          { key: `${name}.entrypoints`, value: entryPoint },
          { key: `${name}.rule`, value: `Host(\`${host.name}\`) && Path(\`${path}\`)` },
          { key: `${name}.priority`, value: "300" },
          ...(service === undefined ? [] : [{ key: `${name}.service`, value: service }]),
          ...(own.has("tls") ? [{ key: `${name}.tls`, value: "true" }] : []),
        ]);
        if (added !== undefined) yield { subject: `entry point ${entryPoint}`, how: `a router for ${path}`, ...added };
      }
    }
  },
} satisfies Mutator;
