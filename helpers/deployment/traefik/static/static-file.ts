import { extname } from "node:path";
import { nearest } from "../../../core/text/nearest.ts";
import { EditableYaml } from "../../source/editable-yaml.ts";
import type { FaultList } from "../../source/fault-list.ts";
import type { NoteList } from "../../source/note-list.ts";
import { parseToml } from "../../source/toml-tree.ts";
import { parseYaml } from "../../source/yaml-tree.ts";
import { type ContainerFile, readContainerFile } from "../container-files.ts";
import { optionsOfFile } from "../file-options.ts";
import type { TraefikOption } from "../options.ts";
import type { OptionSchema } from "../schema/generate.ts";
import { namesIn, staticSchema } from "../schema.ts";

/**
 * Reads Traefik's static file. What Traefik refuses becomes a fault; a section that it does not know, and ignores, a note.
 *
 * @param folder the deployment's folder, to which edits are relative
 */
export function readStaticFile(
  file: ContainerFile,
  folder: string,
  { faults, notes, schema = staticSchema }: { faults: FaultList; notes: NoteList; schema?: OptionSchema },
): TraefikOption[] {
  const source = readContainerFile(file, faults);
  const parse = extname(file.path).toLowerCase() === ".toml" ? parseToml : parseYaml;
  const root = source === undefined ? undefined : parse(source, faults);
  if (source === undefined || root === undefined) return [];
  return optionsOfFile(root, {
    source: "static-file",
    schema,
    editable: file.file === undefined ? undefined : new EditableYaml(folder, source, root),
    refused: (location, what, fix) => faults.add(location, `${what}: Traefik does not start with it`, fix),
    ignored: (location, name) => {
      const near = nearest(name, namesIn(schema) ?? []);
      notes.add(
        "finding",
        location,
        `'${name}' is not a section of Traefik's static file`,
        "Traefik ignores it without a message",
        near === undefined ? "remove it" : `write '${near}'`,
      );
    },
  });
}
