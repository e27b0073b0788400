import { posix } from "node:path";
import type { ComposeService, ServiceFile } from "../../compose/types.ts";
import { FaultList } from "../../source/fault-list.ts";
import type { LiteralSecrets } from "../../source/literal-secrets.ts";
import type { NoteList } from "../../source/note-list.ts";
import { namesOfConfig } from "../config-file.ts";
import { fileIn, mountedFile, textInContainer } from "../container-file.ts";
import { startCommand, startsLiteLLM } from "./start-command.ts";

/** What a script in the container reads. */
export interface MadeConfigContext {
  secrets: LiteralSecrets;
  /** Compose secret to the value that replaces it. */
  replacements: ReadonlyMap<string, string>;
}

/**
 * A service whose script makes LiteLLM's config from a file of the deployment (`envsubst < template > config.yaml`), with the config as a
 * file and LiteLLM's own command in place of the script: a run changes the config, and the script would replace it. Every other service
 * stays as it is.
 */
export function withMadeConfig(service: ComposeService, context: MadeConfigContext): ComposeService {
  const start = startCommand(service, (inContainer) => textInContainer(service, inContainer, context));
  const [program, ...rest] = start.words;
  const { option, variable } = namesOfConfig(start);
  const named = posix.resolve(service.workingDir ?? "/app", (variable ?? option)?.value ?? "");
  if (program === undefined || !start.made.has(named) || !startsLiteLLM(start)) return service;
  return {
    ...service,
    entrypoint: [program.value],
    command: rest.map(({ value }) => value),
    commandWords: rest.map((word) => ({ ...word, path: [] })),
    environment: start.environment,
    files: [
      ...service.files.filter(({ target }) => !start.made.has(target)),
      ...[...start.made].flatMap(([target, { text, template }]) => serviceFile(service, { target, text, template })),
    ],
    mounts: service.mounts.filter(({ target }) => !start.made.has(target)),
  };
}

/** Notes that a run starts LiteLLM without the script that makes its config. */
export function noteMadeConfig(service: ComposeService, inContainer: string, notes: NoteList): void {
  const made = service.files.find(({ target, madeFrom }) => target === inContainer && madeFrom !== undefined);
  if (made === undefined) return;
  notes.add(
    "change",
    made.location,
    `LiteLLM's config ${inContainer} is made from ${made.name} before the run, and LiteLLM starts without the script that makes it`,
    "a run changes the config, and the script would replace it",
  );
}

function serviceFile(
  service: ComposeService,
  { target, text, template }: { target: string; text: string; template: string },
): ServiceFile[] {
  const source = fileIn(service, template, new FaultList())?.source;
  if (source === undefined) return [];
  return [
    {
      kind: "config",
      name: template,
      content: { from: "text", text },
      target,
      mode: undefined,
      uid: undefined,
      gid: undefined,
      madeFrom: mountedFile(service, template) ?? source.file,
      location: { file: source.file, line: source.lineAt(0) },
    },
  ];
}
