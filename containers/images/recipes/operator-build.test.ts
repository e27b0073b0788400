import { expect, test } from "vitest";
import { smallDeployment } from "../../../helpers/deployment/infer/small-deployment.ts";
import { operatorBuild } from "./operator-build.ts";

function contextOf(files: Readonly<Record<string, string>>): string[] {
  using deployment = smallDeployment({ Dockerfile: "FROM debian\n", ...files });
  const build = {
    context: deployment.folder,
    dockerfile: undefined,
    inline: undefined,
    args: new Map(),
    target: undefined,
    location: { file: "compose.yaml", line: 1 },
  };
  const { context } = operatorBuild("litellm", { from: "build", build, bases: [] });
  return (context?.files ?? []).map(({ path }) => path).toSorted();
}

test("the build context does not have what .dockerignore leaves out", () => {
  const files = { "a.py": "", "data/a/b": "", "data/c": "", ".git/HEAD": "" };
  expect(contextOf(files)).toEqual(["Dockerfile", "a.py", "data/a/b", "data/c"]);
  expect(contextOf({ ...files, ".dockerignore": "data/a\n" })).toEqual([
    ".dockerignore",
    "Dockerfile",
    "a.py",
    "data/c",
  ]);
  expect(contextOf({ ...files, ".dockerignore": "*\n!data/a\n" })).toEqual(["data/a/b"]);
});
