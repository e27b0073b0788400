import { expect, test } from "vitest";
import type { Written } from "../source/location.ts";
import { isOpenWebUiImage, openWebUiProviders, unpairedKeys } from "./open-webui.ts";

const location = { file: "compose.yaml", line: 7 };

function written(values: Readonly<Record<string, string>>): Map<string, Written<string>> {
  return new Map(Object.entries(values).map(([name, value]) => [name, { value, location }]));
}

function pairs(values: Readonly<Record<string, string>>): [string, string | undefined][] {
  return openWebUiProviders(written(values)).map(({ url, key }) => [url, key]);
}

test("URLs and keys pair up by position, also around empty ones", () => {
  const several = {
    OPENAI_API_BASE_URLS: "http://litellm:4000/v1; ;http://ollama:11434/v1;http://other/v1",
    OPENAI_API_KEYS: "first;of-openai;;fourth",
  };
  expect(pairs(several)).toEqual([
    ["http://litellm:4000/v1", "first"],
    ["http://ollama:11434/v1", undefined],
    ["http://other/v1", "fourth"],
  ]);
  expect(pairs({ OPENAI_API_BASE_URL: "http://litellm:4000/v1" })).toEqual([["http://litellm:4000/v1", undefined]]);
  expect(pairs({ OPENAI_API_KEY: "alone" })).toEqual([]);
});

test("the variable for several takes the place of the one for a single value, unless it is empty", () => {
  const both = {
    OPENAI_API_BASE_URLS: "http://one/v1",
    OPENAI_API_BASE_URL: "http://unused/v1",
    OPENAI_API_KEYS: "",
    OPENAI_API_KEY: "key",
  };
  expect(pairs(both)).toEqual([["http://one/v1", "key"]]);
});

test("more keys than addresses are a fault; a last address without a key is not", () => {
  const urls = { OPENAI_API_BASE_URLS: "http://one/v1;http://two/v1" };
  expect(unpairedKeys(written({ ...urls, OPENAI_API_KEYS: "a;b;c" }))).toEqual({
    what: "OPENAI_API_KEYS has 3 keys, and OPENAI_API_BASE_URLS 2 addresses: Open WebUI pairs them by position",
    location,
  });
  expect(unpairedKeys(written({ ...urls, OPENAI_API_KEY: "a" }))).toBeUndefined();
  expect(unpairedKeys(written({ OPENAI_API_KEYS: "a;b" }))).toBeUndefined();
});

test("Open WebUI is known by its image, from any registry, and no other image is", () => {
  for (const image of [
    "ghcr.io/open-webui/open-webui:main",
    "open-webui/open-webui",
    "openwebui/open-webui:0.11-slim",
    "ghcr.io/open-webui/open-webui@sha256:00",
  ])
    expect(isOpenWebUiImage(image), image).toBe(true);
  for (const image of ["ghcr.io/open-webui/pipelines:main", "ghcr.io/open-webui/open-webui-backup:1"])
    expect(isOpenWebUiImage(image), image).toBe(false);
});
