import type { InputFault } from "../../../core/errors.ts";
import { FaultList } from "../../source/fault-list.ts";
import { readSource } from "../../source/source-file.ts";
import { parseYaml } from "../../source/yaml-tree.ts";
import { composeFilesIn } from "./compose-templates.ts";

/** The first fault of each file under a compose file's name whose YAML is broken: no project has it, and it may be a part of the gateway. */
export function unreadCompose(folder: string): InputFault[] {
  return composeFilesIn(folder).flatMap((file) => {
    const faults = new FaultList();
    const source = readSource(file, faults, "write it");
    if (source !== undefined) parseYaml(source, faults);
    return faults.faults.filter(({ what }) => what.startsWith("broken YAML")).slice(0, 1);
  });
}
