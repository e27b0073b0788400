import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { InputFault } from "../../../core/errors.ts";
import { FaultList } from "../../source/fault-list.ts";
import { isFile } from "../../source/is-file.ts";
import { readSource } from "../../source/source-file.ts";
import { filesBelow } from "./compose-files.ts";

/** Endings of templates that a program renders on deploy, e.g. Ansible (`.j2`), and of examples. */
const templateEnding = /\.(?:j2|jinja2?|tmpl|tpl|gotmpl|template|erb|mustache|example|sample|dist)$/i;
const composeName = /^(?:docker-|podman-)?compose(?:[.-][\w.-]+)?\.ya?ml$/i;

/**
 * Adds a fault for each template of a compose file below a folder, for a folder without a compose file of LiteLLM: those that
 * name LiteLLM, else all of them.
 *
 * @param isForLiteLLM adds only those that name LiteLLM
 */
export function reportComposeTemplates(folder: string, faults: FaultList, isForLiteLLM = false): void {
  const templates = filesBelow(folder).filter(
    (file) => composeName.test(writtenName(file)) && templateEnding.test(file),
  );
  const ofLiteLLM = templates.filter((file) =>
    /litellm/i.test(readSource(file, new FaultList(), "write it")?.text ?? ""),
  );
  const without = ofLiteLLM.length > 0 ? "a compose file with LiteLLM" : "a compose file";
  for (const file of ofLiteLLM.length > 0 || isForLiteLLM ? ofLiteLLM : templates)
    faults.add(
      file,
      `is a template, and ${without} was expected: the folder has none`,
      `render it as the deployment does, write the result as ${writtenName(file)}, and call \`npm run init\` for its folder`,
    );
}

/** The files below a folder under compose's names and their variants (`docker-compose.prod.yml`), absolute. */
export function composeFilesIn(folder: string): string[] {
  return filesBelow(folder).filter((file) => composeName.test(basename(file)));
}

/** The name of the file that is made from a template. */
function writtenName(template: string): string {
  return basename(template).replace(templateEnding, "");
}

/**
 * What only a template of a compose file has: a statement of a template engine as a line of its own, or an expression where a value
 * begins without a quote, or in the name of an image.
 */
const templateMark = /^[ \t]*\{%[-+]?[ \t]*\w+|^[ \t]*[\w.-]+:[ \t]*\{\{[-\s]*\w|\bimage:[^\n]*\{\{[-\s]*\w/m;

/** Faults with one for each template of a template engine under a compose file's name, in place of all that compose refuses in it. */
export function namingTemplates(faults: readonly InputFault[]): InputFault[] {
  const marks = new Map([...new Set(faults.map(({ file }) => file))].map((file) => [file, markIn(file)]));
  const named = [...marks].flatMap(([file, mark]): InputFault[] =>
    mark === undefined
      ? []
      : [
          {
            file,
            line: mark.line,
            what: `is a template: '${mark.text}' is to be replaced before compose reads the file`,
            fix: "render it as the deployment does, and call `npm run init` for the folder with the result",
          },
        ],
  );
  return [...named, ...faults.filter(({ file }) => marks.get(file) === undefined)];
}

/** The first mark of a template engine in a YAML file, with its line. */
function markIn(file: string): { text: string; line: number } | undefined {
  if (!/\.ya?ml$/i.test(file) || !isFile(file)) return undefined;
  const text = readFileSync(file, "utf8");
  const found = templateMark.exec(text);
  if (found === null) return undefined;
  const line = text.slice(0, found.index).split("\n").length;
  return { text: text.split("\n")[line - 1]?.trim() ?? "", line };
}
