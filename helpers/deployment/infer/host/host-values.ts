import type { FoundProjects } from "../files/projects.ts";
import type { PolicyDraft, Stated } from "../policy-input.ts";
import { Placeholders } from "./placeholders.ts";
import { type ProjectValues, projectValues } from "./project-values.ts";

/** What the host gives and the folder does not, and what stands for it in a run. */
export interface HostValues extends Pick<PolicyDraft, "variables" | "files"> {
  /** The env file of each project, relative to the folder; undefined where compose finds it itself. */
  envFiles: readonly (string | undefined)[];
  /** Env files that have to be written for the policy to work. */
  standIns: readonly StandIn[];
}

/** An env file that `init` writes. */
export interface StandIn {
  /** Relative to the folder. */
  file: string;
  text: string;
}

/**
 * What the host gives, as far as the files show it: copies in the folder, and placeholders where nothing in the folder has
 * a value.
 */
export function hostValues(folder: string, { files }: FoundProjects): HostValues {
  const placeholders = new Placeholders();
  const projects = files.map((own) => projectValues(folder, own, placeholders));
  const open = projects.filter(({ standIn }) => standIn !== undefined);
  const standIns = new Map(
    open.map((project) => [project, open.length === 1 ? "init.env" : `init.${project.name}.env`] as const),
  );
  return {
    envFiles: projects.map(({ envFile }) => envFile),
    variables: new Map(projects.flatMap(({ variables }) => [...variables])),
    files: new Map(projects.flatMap((project) => [...project.copies, ...standInPaths(project, standIns.get(project))])),
    standIns: [...standIns].flatMap(([{ standIn }, file]) =>
      standIn === undefined ? [] : [{ file, text: standInText(standIn) }],
    ),
  };
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
