import type { FoundProjects } from "../files/projects.ts";
import type { PolicyDraft, Stated } from "../policy-input.ts";
import { Placeholders } from "./placeholders.ts";
import { type MissingSecret, type ProjectValues, projectValues } from "./project-values.ts";

/** What the host gives and the folder does not, and what stands for it in a run. */
export interface HostValues extends Pick<PolicyDraft, "variables" | "files"> {
  /** The env file of each project, relative to the folder; undefined where compose finds it itself. */
  envFiles: readonly (string | undefined)[];
  /** Files that have to be written for the policy to work. */
  standIns: readonly StandIn[];
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
  const open = projects.filter(({ standIn }) => standIn !== undefined);
  const standIns = new Map(
    open.map((project) => [project, open.length === 1 ? "init.env" : `init.${project.name}.env`] as const),
  );
  return {
    envFiles: projects.map(({ envFile }) => envFile),
    variables: new Map(projects.flatMap(({ variables }) => [...variables])),
    files: new Map(
      projects.flatMap((project) => [
        ...project.copies,
        ...standInPaths(project, standIns.get(project)),
        ...project.secrets.map(secretPath),
      ]),
    ),
    standIns: [
      ...[...standIns].flatMap(([{ standIn }, file]) =>
        standIn === undefined ? [] : [{ file, text: standInText(standIn) }],
      ),
      ...projects.flatMap(({ rendered }) => rendered),
      ...projects.flatMap(({ secrets }) =>
        secrets.map((secret) => ({ file: secretFile(secret), text: secret.placeholder })),
      ),
    ],
  };
}

function secretFile({ name }: MissingSecret): string {
  return `init.${name}.secret`;
}

function secretPath(secret: MissingSecret): [string, Stated<string>] {
  const file = secretFile(secret);
  const question = `what is in ${secret.path}, the secret ${secret.name}? It is not in this folder; ${file} stands for it, with a placeholder`;
  return [secret.path, { value: `./${file}`, questions: [question] }];
}

function standInPaths({ standIn }: ProjectValues, file: string | undefined): [string, Stated<string>][] {
  if (standIn === undefined || file === undefined) return [];
  const { stated, made } = standIn;
  const names = made.length === 0 ? "no variable that is known" : made.join(", ");
  return stated.map((path, index) => [
    path,
    {
      value: `./${file}`,
      questions: [
        `what does ${path} set? It is not in this folder; ${file} stands for it` +
          (index === 0 ? `, with placeholders for ${names}` : ""),
      ],
    },
  ]);
}

function standInText({ stated, text }: NonNullable<ProjectValues["standIn"]>): string {
  const verb = stated.length === 1 ? "is" : "are";
  return `# Stands for ${stated.join(", ")}, which ${verb} not in this folder. Written by \`npm run init\`.\n${text}\n`;
}
