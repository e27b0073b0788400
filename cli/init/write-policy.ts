import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DeploymentError } from "../../helpers/core/errors.ts";
import type { RunConfig } from "../../helpers/core/run-config.ts";
import { progress } from "../../helpers/core/terminal/progress.ts";
import { displayPath } from "../../helpers/core/text/display-path.ts";
import { checkFolder } from "../../helpers/deployment/facts.ts";
import { composeFileNames } from "../../helpers/deployment/infer/files/compose-files.ts";
import { namingTemplates, reportComposeTemplates } from "../../helpers/deployment/infer/files/compose-templates.ts";
import { findProjects } from "../../helpers/deployment/infer/files/projects.ts";
import { unreadCompose } from "../../helpers/deployment/infer/files/unread-compose.ts";
import { hostValues } from "../../helpers/deployment/infer/host/host-values.ts";
import { FaultList } from "../../helpers/deployment/source/fault-list.ts";
import { type DerivedPolicy, derivePolicy } from "./derive-policy.ts";

/** What `init` does; see cli/init.ts for the flags. */
export interface InitOptions {
  /** Absolute path of the deployment's folder. */
  folder: string;
  /** Absolute path of the policy. */
  file: string;
  config: RunConfig;
  isOffline: boolean;
  /** Print the policy instead of writing it. */
  isPrinted: boolean;
}

/**
 * Derives a deployment's policy and writes it, with an env file where the deployment needs one that is not in the folder.
 *
 * @throws {DeploymentError} when the deployment can't be read
 * @throws {EnvironmentError} when there is no engine
 */
export async function writePolicy({ folder, file, config, isOffline, isPrinted }: InitOptions): Promise<void> {
  const faults = new FaultList();
  checkFolder(folder, faults, "name");
  faults.throwIfAny();
  const projects = findProjects(folder);
  const isAnyThere = composeFileNames.some((name) => existsSync(join(folder, name)));
  if (projects.files.length === 0 && projects.others.length === 0 && !isAnyThere) {
    reportComposeTemplates(folder, faults);
    faults.throwIfAny();
    faults.add(
      folder,
      "no compose file with services is in the folder or below it",
      "name the folder that has LiteLLM's compose file, e.g. compose.yaml",
    );
  }
  faults.throwIfAny();
  const host = hostValues(folder, projects);
  const all = host.standIns.map(({ file: name, text }) => ({ path: join(folder, name), text }));
  // Somebody may have put the real values into one that is there.
  const kept = all.filter(({ path, text }) => existsSync(path) && readFileSync(path, "utf8") !== text);
  const standIns = all.filter(({ path }) => !existsSync(path));
  // Those of a directory are in one of their own.
  const made = new Set(standIns.map(({ path }) => dirname(path)).filter((directory) => !existsSync(directory)));
  const remove = (): void => {
    for (const path of [...standIns.map((one) => one.path), ...made]) rmSync(path, { recursive: true, force: true });
  };
  // The deployment can't be read without them.
  for (const { path, text } of standIns) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  let derived: DerivedPolicy;
  try {
    derived = await derivePolicy({ folder, projects, host, isOffline, config, progress });
  } catch (error) {
    remove();
    if (!(error instanceof DeploymentError)) throw error;
    const named = new Set(error.faults.map((fault) => fault.file));
    const unread = unreadCompose(folder).filter((fault) => !named.has(fault.file));
    throw new DeploymentError(namingTemplates([...unread, ...error.faults]));
  }
  if (isPrinted) {
    remove();
    console.log(derived.text.trimEnd());
    return;
  }
  writeFileSync(file, derived.text);
  const questions = derived.text.match(/# QUESTION:/g)?.length ?? 0;
  console.log(
    `wrote ${displayPath(file)}; ${questions} ${questions === 1 ? "question is" : "questions are"} open in it`,
  );
  for (const question of derived.toFix) console.log(`fix first: ${question}`);
  for (const { path } of standIns)
    console.log(`wrote ${displayPath(path)}: placeholders for values that no file of the folder sets`);
  for (const { path } of kept)
    console.log(
      `kept ${displayPath(path)} as it is; delete it and run init again to have it written with placeholders`,
    );
  console.log(`next: DEPLOYMENT=${displayPath(folder)} npm test`);
}
