import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { patchedCopy } from "../source/patched-copy.ts";
import type { TextChange } from "../source/text-edit.ts";
import type { TraefikModel } from "./model.ts";

function modelOf(folder: string): TraefikModel {
  const model = readFacts(folder).traefik();
  if (model === undefined) throw new Error(`${folder} has no Traefik`);
  return model;
}

test("every option of a router and of a middleware has its own line", () => {
  const model = modelOf("deployments/reference");
  const router = model.routerOf("litellm-status@docker");
  const rule = router?.location.line ?? 0;
  expect(router?.options.get("entrypoints")?.location.line).toBe(rule - 1);
  expect(router?.options.get("middlewares")?.location.line).toBe(rule + 3);
  const header = model
    .middlewareOf("litellm-status-key@docker")
    ?.options.get("headers.customrequestheaders.Authorization");
  expect(header?.location.line).toBe(rule + 5);
  expect(header?.text?.value.text).toBe("Bearer ${LITELLM_STATUS_KEY}");
});

test("an entry point with defaults of its own prefixes the router's live name", () => {
  expect(modelOf("deployments/reference").routerOf("websecure-litellm-bearer-ext@docker")?.name).toBe(
    "litellm-bearer-ext",
  );
});

test.each([
  ["deployments/reference", '      a.b: "1"\n', '      a.b: "1"\n'],
  ["deployments/as-found", "", '      - "a.b=1"\n'],
])("labels of %s are edited in the form in which they are written", (folder, _, added) => {
  const priority = modelOf(folder).routerOf("litellm-bearer")?.options.get("priority");
  const text = (change: TextChange | undefined): string | undefined => change?.edits.map((edit) => edit.text).join("");
  expect(text(priority?.text?.addAfter([{ key: "a.b", value: "1" }]))).toBe(added);
  expect(text(priority?.text?.value.replace("51"))).toMatch(/^"(?:.*=)?51"$/);
  expect(text(priority?.text?.remove())).toBe("");
});

test("labels of a container that Traefik ignores make no routers", () => {
  using copy = patchedCopy("deployments/reference", [
    { file: "compose.yaml", find: 'traefik.enable: "true"', replace: 'traefik.enable: "false"' },
  ]);
  const model = modelOf(copy.folder);
  expect(model.routers).toEqual([]);
  expect(model.labels.length).toBeGreaterThan(0);
});
