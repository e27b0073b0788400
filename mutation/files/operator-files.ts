import type { Deployment } from "../../helpers/deployment/types.ts";
import { type WrittenEntry, type WrittenValue, YamlText } from "./written-values.ts";

/** A label where it stands. */
export interface WrittenLabel {
  /** Service of compose.yaml. */
  service: string;
  /** As written. */
  key: string;
  /** `traefik.http.routers.<name>.<option>`, taken apart: `["http", "routers", "<name>", "<option>"]`; options in small letters. */
  path: readonly string[];
  value: WrittenValue;
  entry: WrittenEntry;
}

/** What mutators work on: the deployment as the suite reads it, and its files with everything where it stands. */
export interface OperatorFiles {
  deployment: Deployment;
  compose: YamlText;
  litellmConfig: YamlText;
  /** Every label of Traefik's, of every service. */
  labels: readonly WrittenLabel[];
}

/** Opens the files of a deployment for mutators. */
export function openOperatorFiles(deployment: Deployment): OperatorFiles {
  const compose = new YamlText(deployment.folder, deployment.compose.file);
  return {
    deployment,
    compose,
    litellmConfig: new YamlText(deployment.folder, deployment.litellmConfig.file),
    labels: [...deployment.compose.services.keys()].flatMap((service) => labelsOf(compose, service)),
  };
}

/** The option of a router, middleware or service that a label sets: `of(label, "routers")` is its name and option. */
export function optionOf(
  { path }: WrittenLabel,
  section: "routers" | "middlewares" | "services",
): { name: string; option: string } | undefined {
  const [http, own, name, ...rest] = path;
  if (http !== "http" || own !== section || name === undefined || rest.length === 0) return undefined;
  return { name, option: rest.join(".") };
}

function labelsOf(compose: YamlText, service: string): WrittenLabel[] {
  return compose.below("services", service, "labels").flatMap((entry) => {
    if (entry.value === undefined) return [];
    const name = entry.path.at(-1);
    if (typeof name === "string") return label(service, name, entry.value, entry) ?? [];
    // The list form, `- key=value`.
    const text = entry.value;
    const divide = text.value.indexOf("=");
    if (divide === -1) return [];
    const value: WrittenValue = {
      value: text.value.slice(divide + 1),
      become: (changed) => text.replace(divide + 1, text.value.length, changed),
      replace: (start, end, changed) => text.replace(divide + 1 + start, divide + 1 + end, changed),
    };
    return label(service, text.value.slice(0, divide), value, entry) ?? [];
  });
}

function label(service: string, key: string, value: WrittenValue, entry: WrittenEntry): WrittenLabel | undefined {
  const [root, ...steps] = key.split(".");
  if (root?.toLowerCase() !== "traefik") return undefined;
  const path = steps.map((step, index) =>
    index === 2 && steps[0]?.toLowerCase() === "http" ? step : step.toLowerCase(),
  );
  return { service, key, path, value, entry };
}

/** A label as a line of compose.yaml, in the form in which the operator writes labels. */
export function labelLine(beside: WrittenLabel, key: string, value: string): string {
  return typeof beside.entry.path.at(-1) === "string"
    ? `${key}: ${JSON.stringify(value)}`
    : `- ${JSON.stringify(`${key}=${value}`)}`;
}
