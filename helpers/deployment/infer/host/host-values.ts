import { basename, resolve } from "node:path";
import type { FoundProjects } from "../files/projects.ts";
import type { PolicyDraft, Stated } from "../policy-input.ts";
import { Placeholders } from "./placeholders.ts";
import { type EnvStandIn, type MissingSecret, type ProjectValues, projectValues } from "./project-values.ts";
import type { SecretDefault } from "./secret-defaults.ts";

/** What the host gives and the folder does not, and what stands for it in a run. */
export interface HostValues extends Pick<PolicyDraft, "variables" | "files"> {
  /** The env file of each project, relative to the folder; undefined where compose finds it itself. */
  envFiles: readonly (string | undefined)[];
  /** Files that have to be written for the policy to work. */
  standIns: readonly StandIn[];
  /** Secrets that no env file of the folder sets, and that compose files have defaults for; each once. */
  secretDefaults: readonly SecretDefault[];
}

/** An env file, the file of a secret, or a template that is filled in: what `init` writes. */
export interface StandIn {
  /** Relative to the folder. */
  file: string;
  text: string;
}

/**
 * What the host gives, as far as the files show it: copies in the folder, and placeholders where nothing in the folder has
 * a value.
 */
export function hostValues(folder: string, { files, directories, included }: FoundProjects): HostValues {
  const placeholders = new Placeholders();
  const projects = files.map((own, index) =>
    projectValues(
      folder,
      { files: own, directory: directories[index] ?? folder, included: included[index] ?? [] },
      placeholders,
    ),
  );
  const standIns = standInsByFile(folder, projects);
  return {
    envFiles: projects.map(({ envFile }) => envFile),
    variables: new Map(projects.flatMap(({ variables }) => [...variables])),
    files: new Map([
      ...projects.flatMap(({ copies }) => [...copies]),
      ...[...standIns].flatMap(([file, standIn]) => standInPaths(standIn, file)),
      ...projects.flatMap(({ secrets }) => secrets.map(secretPath)),
    ]),
    standIns: [
      ...[...standIns].map(([file, standIn]) => ({ file, text: standInText(standIn) })),
      ...projects.flatMap(({ rendered }) => rendered),
      // Projects may have secrets of one name.
      ...new Map(
        projects
          .flatMap(({ secrets }) => secrets)
          .map((secret) => [secretFile(secret), { file: secretFile(secret), text: secret.placeholder }] as const),
      ).values(),
    ],
    secretDefaults: [
      ...new Map(projects.flatMap((project) => project.secretDefaults).map((one) => [one.name, one] as const)).values(),
    ],
  };
}

/**
 * The env file of each folder that needs one, by its name: of the folder's own name, or of its path where another folder has that
 * name. Projects of one folder share theirs, as they share `.env`.
 */
function standInsByFile(folder: string, projects: readonly ProjectValues[]): Map<string, EnvStandIn> {
  const byHome = new Map<string, EnvStandIn>();
  for (const { home, standIn } of projects) {
    if (standIn === undefined) continue;
    const other = byHome.get(home);
    byHome.set(home, other === undefined ? standIn : joined(other, standIn));
  }
  const nameOf = (home: string): string => basename(resolve(folder, home));
  const names = [...byHome.keys()].map(nameOf);
  const fileOf = (home: string): string => {
    if (byHome.size === 1) return "init.env";
    const isUnique = names.filter((name) => name === nameOf(home)).length === 1;
    return `init.${isUnique ? nameOf(home) : home.replaceAll("/", "--")}.env`;
  };
  return new Map([...byHome].map(([home, standIn]) => [fileOf(home), standIn]));
}

/** What the first one sets counts; the second one adds what it fills in itself, and the rest. */
function joined(first: EnvStandIn, second: EnvStandIn): EnvStandIn {
  const others = new Map(second.text.split("\n").flatMap((line) => (line.includes("=") ? [[nameOf(line), line]] : [])));
  const lines = first.text.replace(/\n$/, "").split("\n");
  // Both begin with the same example, and each fills in what it needs itself.
  const filled = lines.map((line) => {
    const name = nameOf(line);
    const isOfSecond = second.made.includes(name) && !first.made.includes(name);
    return isOfSecond ? (others.get(name) ?? line) : line;
  });
  for (const line of lines) others.delete(nameOf(line));
  return {
    stated: [...new Set([...first.stated, ...second.stated])],
    made: [...new Set([...first.made, ...second.made])],
    byDefault: [...new Set([...first.byDefault, ...second.byDefault])],
    isForDefaults: first.isForDefaults && second.isForDefaults,
    text: [...filled, ...others.values()].join("\n"),
  };
}

function nameOf(line: string): string {
  return line.replace(/=.*$/s, "").trim();
}

function secretFile({ name }: MissingSecret): string {
  return `init.${name}.secret`;
}

function secretPath(secret: MissingSecret): [string, Stated<string>] {
  const file = secretFile(secret);
  const question = `what is in ${secret.path}, the secret ${secret.name}? It is not in this folder; ${file} stands for it, with a placeholder`;
  return [secret.path, { value: `./${file}`, questions: [question] }];
}

function standInPaths(standIn: EnvStandIn, file: string): [string, Stated<string>][] {
  const { stated, isForDefaults } = standIn;
  const content = contentOf(standIn);
  if (isForDefaults && stated.length === 1) {
    const remark = `${file} sets variables that only have defaults in the compose files, with ${content}.`;
    return stated.map((path) => [path, { value: `./${file}`, remarks: [remark] }]);
  }
  return stated.map((path, index) => [
    path,
    {
      value: `./${file}`,
      questions: [
        `what does ${path} set? It is not in this folder; ${file} stands for it` +
          (index === 0 ? `, with ${content}` : ""),
      ],
    },
  ]);
}

/** What is in a stand-in, in words. */
function contentOf({ made, byDefault, text }: EnvStandIn): string {
  const placeholders = made.filter((name) => !byDefault.includes(name));
  const parts = [
    ...(placeholders.length === 0 ? [] : [`placeholders for ${placeholders.join(", ")}`]),
    ...(byDefault.length === 0 ? [] : [`the compose files' defaults for ${byDefault.join(", ")}`]),
  ];
  if (parts.length > 0) return parts.join(" and ");
  return text.includes("=") ? "the values of its example" : "no variable";
}

function standInText({ stated, text }: EnvStandIn): string {
  const verb = stated.length === 1 ? "is" : "are";
  return `# Stands for ${stated.join(", ")}, which ${verb} not in this folder. Written by \`npm run init\`.\n${text}\n`;
}
