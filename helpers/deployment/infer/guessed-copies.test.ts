import { relative } from "node:path";
import { expect, test } from "vitest";
import { DeploymentError } from "../../core/errors.ts";
import { withGuesses } from "./guessed-copies.ts";

const folder = "/gateways/llm";
const files = new Map([
  ["/opt/llm", { value: "./settings", questions: ["is settings a copy of /opt/llm, which is not in this folder?"] }],
  ["/opt/known.yaml", { value: "./known.yaml" }],
]);

test.each([
  ["settings/main.yaml", true],
  ["settings", true],
  ["settings-of-others/main.yaml", false],
  ["known.yaml", false],
  ["compose.yaml", false],
])("a fault of %s names the guess: %s", (file, isNamed) => {
  const fault = { file: `${folder}/${file}`, line: 3, what: "names a missing file", fix: "write it" };
  const found = withGuesses(new DeploymentError([fault]), { folder, files });
  if (!(found instanceof DeploymentError)) throw new Error("the error is another one");
  if (!isNamed) {
    expect(found.faults).toEqual([fault]);
    return;
  }
  expect(found.faults).toEqual([
    {
      ...fault,
      what: "names a missing file. Init took ./settings for /opt/llm, which is not in this folder",
      fix:
        "write it; if ./settings is not a copy of /opt/llm, put one into the folder, and name it under 'files:' in policy.yaml: " +
        "'/opt/llm: ./COPY'",
    },
  ]);
});

test("a guess below the working directory is found by the path that faults have", () => {
  const here = `${process.cwd()}/deployments/none`;
  const fault = { file: relative(process.cwd(), `${here}/settings/a.yaml`), what: "is wrong", fix: "write it" };
  expect(withGuesses(new DeploymentError([fault]), { folder: here, files })).toMatchObject({
    message: expect.stringContaining("took ./settings for /opt/llm"),
  });
});

test("any other error stays as it is", () => {
  const error = new Error("no engine");
  expect(withGuesses(error, { folder, files })).toBe(error);
});
