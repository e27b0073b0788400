import { expect, test } from "vitest";
import { findProjects } from "./files/projects.ts";
import { hostValues } from "./host-values.ts";
import { smallDeployment } from "./small-deployment.ts";

function values(files: Readonly<Record<string, string>>): ReturnType<typeof hostValues> {
  using deployment = smallDeployment(files);
  return hostValues(deployment.folder, findProjects(deployment.folder));
}

const service = (lines: string): string =>
  `services:\n  litellm:\n    image: ghcr.io/berriai/litellm:main-v1.77.1\n${lines}`;

test("a folder 'home' stands for the home directory", () => {
  const compose = service("    volumes: [$HOME/data:/data]\n");
  const { variables } = values({ "compose.yaml": compose, "home/data/x": "" });
  expect(variables.get("HOME")).toEqual({
    value: "./home",
    questions: ["is home/ the home directory that compose.yaml:4 means?"],
  });
});

test("a variable that compose demands gets a placeholder and a question; one with a default or in .env does not", () => {
  const compose = service(
    "    environment: { A: '${REGION:?set it}', B: '${X:-d}', C: '${SET?}', D: $OPTIONAL, E: '$${NOT}' }\n",
  );
  const { variables } = values({ "compose.yaml": compose, ".env": "SET=1\n" });
  expect([...variables]).toEqual([
    ["REGION", { value: "placeholder", questions: ["what is REGION (compose.yaml:4)? No file sets it"] }],
  ]);
});

test("an env file under another name is found by the variables that it sets", () => {
  const compose = service("    environment: { A: '${SECRET}' }\n");
  const { envFile, variables } = values({ "compose.yaml": compose, "secrets/litellm.env.example": "SECRET=x\n" });
  expect(envFile).toEqual({ value: "secrets/litellm.env" });
  expect(variables.size).toBe(0);
});

test("an env file outside of the folder gets a stand-in with what LiteLLM's config needs", () => {
  const compose = service("    env_file: /srv/nowhere/litellm.env\n    environment: { GIVEN: x }\n");
  const config =
    "general_settings: { master_key: os.environ/GIVEN }\nmcp_servers: { a: { url: os.environ/NOTES_URL, auth_value: os.environ/NOTES_TOKEN } }\n";
  const { files, standIn } = values({ "compose.yaml": compose, "config.yaml": config });
  expect(files.get("/srv/nowhere/litellm.env")?.value).toBe("./init.env");
  expect(standIn).toEqual({
    file: "init.env",
    text:
      "# Stands for /srv/nowhere/litellm.env, which is not in this folder. Written by `npm run init`.\n" +
      "NOTES_URL=http://placeholder.invalid\nNOTES_TOKEN=placeholder-notes-token\n",
  });
});
