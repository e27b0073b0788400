import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { displayPath } from "../../../helpers/core/text/display-path.ts";
import { demandedServers, hiddenBy } from "../../../helpers/deployment/litellm/expected-catalogue.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import type { KnownCause } from "./mcp-client.ts";

/**
 * Compares the servers of the policy with those that LiteLLM has.
 *
 * @throws {CheckFailure} `server-missing` for one that the policy demands; `unnamed-server` for one that it does not name;
 *   `tool-hidden` for a demanded tool that a setting hides
 */
export function expectDemandedServers({ deployment }: Pick<GatewayTarget, "deployment">): void {
  const { litellmConfig, policy } = deployment;
  const configured = [...litellmConfig.upstreams, ...litellmConfig.unusableServers];
  for (const { name, in: place, tools, location } of demandedServers(deployment)) {
    if (place === "database") continue;
    const unusable = litellmConfig.unusableServers.find((one) => one.name === name);
    if (!configured.some((one) => one.name === name) || unusable !== undefined) {
      throw new CheckFailure({
        summary: `the policy demands the server ${name}, which LiteLLM's config ${unusable === undefined ? "does not have" : "has without effect"}`,
        code: "server-missing",
        expected: `mcp_servers.${name} with ${tools.length} tools`,
        actual: unusable?.why ?? `no such server in ${displayPath(litellmConfig.file)}`,
        // A missing line has no location: the policy's line states what is expected.
        location,
        fix: "add it under mcp_servers, or remove it from the policy",
        ...(unusable === undefined
          ? (causeOfUnreadConfig(deployment) ?? { cause: "the server was removed or renamed" })
          : {
              cause: `LiteLLM starts without it: ${unusable.why}`,
              location: unusable.location,
              fix: unusable.fix,
            }),
      });
    }
    const hidden = tools.flatMap((tool) => {
      const at = hiddenBy(litellmConfig, name, tool);
      return at === undefined ? [] : [{ tool, at }];
    });
    if (hidden[0] !== undefined) {
      const { tools: filter } = litellmConfig.upstreams.find((one) => one.name === name) ?? {};
      const isForbidden = filter?.disallowed?.location === hidden[0].at;
      throw new CheckFailure({
        summary: `LiteLLM hides tools of ${name} that the policy demands`,
        code: "tool-hidden",
        expected: tools.join(", "),
        actual: `without ${hidden.map(({ tool }) => tool).join(", ")}`,
        cause: isForbidden
          ? "disallowed_tools of the server names them"
          : "allowed_tools of the server does not name them",
        location: hidden[0].at,
        fix: isForbidden
          ? "remove them from disallowed_tools, or from the policy"
          : "list them in allowed_tools, or remove them from the policy",
      });
    }
  }
  const unnamed = configured.find(({ name }) => !policy.upstreams.some((one) => one.name === name));
  if (unnamed === undefined) return;
  throw new CheckFailure({
    summary: `LiteLLM's config has the server ${unnamed.name}, which the policy does not name`,
    code: "unnamed-server",
    expected: policy.upstreams.map(({ name }) => name).join(", ") || "no server",
    actual: `${unnamed.name} too`,
    cause: "a server was added, and nobody has said which tools it may offer",
    location: unnamed.location,
    fix: "add it under 'upstreams' of policy.yaml with its tools, or remove it from the config",
  });
}

/** Why LiteLLM has none of the servers of the deployment's config: it does not read it. Undefined where it reads one. */
export function causeOfUnreadConfig({
  litellmConfig: { gap },
}: Pick<Deployment, "litellmConfig">): KnownCause | undefined {
  if (gap?.state !== "unread") return undefined;
  const { what, why, location, fix } = gap;
  return { cause: `${what}: ${why}`, location, fix };
}
