import { expect, test } from "vitest";
import { findProjects } from "./files/projects.ts";
import { hostValues } from "./host/host-values.ts";
import { inferFromFiles } from "./infer-from-files.ts";
import { inferPolicy } from "./infer-policy.ts";
import type { PolicyDraft } from "./policy-input.ts";
import { smallDeployment } from "./small-deployment.ts";

async function draftOf(files: Readonly<Record<string, string>>): Promise<PolicyDraft> {
  using deployment = smallDeployment(files);
  const { folder } = deployment;
  const projects = findProjects(folder);
  const host = hostValues(folder, projects);
  return inferPolicy(await inferFromFiles({ folder, projects, host, versions: undefined, versionsOf: () => [] }));
}

test("the name in labels for a Traefik of another folder is the host's, and the Traefik is asked for", async () => {
  const { hosts, questions } = await draftOf({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    labels: { traefik.http.routers.llm.rule: "Host(\`llm.example.org\`)" }
`,
  });
  expect(hosts.map(({ value }) => [value.name, value.access])).toEqual([["llm.example.org", [{ who: "litellm" }]]]);
  expect(questions.join("\n")).toMatch(/where is Traefik\? .* for llm\.example\.org \(.*compose\.yaml:4\)/);
});
