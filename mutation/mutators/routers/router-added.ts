import type { Mutator } from "../../files/mutators.ts";
import { labelLine, optionOf } from "../../files/operator-files.ts";
import { rulesOf } from "../../files/rules.ts";

/** Paths that somebody may have opened for a moment, and forgotten. */
const forgotten = ["/metrics", "/v1/models", "/key/info", "/mcp/"];

/** A router beside each public one, for one path more, whatever else the rule says. */
export default {
  kind: "Traefik labels",
  *changes(files) {
    const seen = new Set<string>();
    for (const { router, label } of rulesOf(files)) {
      const own = (option: string): string | undefined =>
        files.labels.find((one) => {
          const found = optionOf(one, "routers");
          return found?.name === router && found.option === option;
        })?.value.value;
      const service = own("service");
      const entryPoint = own("entrypoints");
      const host = files.deployment.policy.hosts.find((one) => one.entryPoint === entryPoint);
      if (service?.endsWith("@internal") || entryPoint === undefined || host === undefined) continue;
      if (seen.has(entryPoint)) continue;
      seen.add(entryPoint);
      const name = "traefik.http.routers.forgotten";
      for (const path of forgotten) {
        const added = label.entry.follow([
          labelLine(label, `${name}.entrypoints`, entryPoint),
          labelLine(label, `${name}.rule`, `Host(\`${host.name}\`) && Path(\`${path}\`)`),
          labelLine(label, `${name}.priority`, "300"),
          ...(service === undefined ? [] : [labelLine(label, `${name}.service`, service)]),
          ...(own("tls") === undefined ? [] : [labelLine(label, `${name}.tls`, "true")]),
        ]);
        if (added !== undefined) yield { subject: `entry point ${entryPoint}`, how: `a router for ${path}`, ...added };
      }
    }
  },
} satisfies Mutator;
