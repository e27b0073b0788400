import { basename } from "node:path";
import { FaultList } from "../../source/fault-list.ts";
import { readSource } from "../../source/source-file.ts";
import { filesBelow } from "./compose-files.ts";

/** Endings of templates that a program renders on deploy, e.g. Ansible (`.j2`), and of examples. */
const templateEnding = /\.(?:j2|jinja2?|tmpl|tpl|gotmpl|template|erb|mustache|example|sample|dist)$/i;
const composeName = /^(?:docker-|podman-)?compose(?:[.-][\w.-]+)?\.ya?ml$/i;

/**
 * Adds a fault for each template of a compose file below a folder, for a folder without a compose file: those that name
 * LiteLLM, else all of them.
 */
export function reportComposeTemplates(folder: string, faults: FaultList): void {
  const templates = filesBelow(folder).filter(
    (file) => composeName.test(writtenName(file)) && templateEnding.test(file),
  );
  const ofLiteLLM = templates.filter((file) =>
    /litellm/i.test(readSource(file, new FaultList(), "write it")?.text ?? ""),
  );
  for (const file of ofLiteLLM.length > 0 ? ofLiteLLM : templates)
    faults.add(
      file,
      "is a template, and a compose file was expected: the folder has none",
      `render it as the deployment does, write the result as ${writtenName(file)}, and call \`npm run init\` for its folder`,
    );
}

/** The name of the file that is made from a template. */
function writtenName(template: string): string {
  return basename(template).replace(templateEnding, "");
}
