import type { SourceLocation } from "../../source/location.ts";
import type { SourceFile } from "../../source/source-file.ts";

/** Where a file names a part, found without reading the file as a whole. */
export interface NamedLine {
  section: "routers" | "middlewares" | "services";
  name: string;
  location: SourceLocation;
}

/**
 * The lines that look like the names of routers, middlewares and services, for a template that the suite can't render:
 * `[http.routers.ui]` in TOML; in YAML the keys one step below `routers:`.
 */
export function namedLines(source: SourceFile): NamedLine[] {
  const found: NamedLine[] = [];
  let open: { section: NamedLine["section"]; indent: number; child: number | undefined } | undefined;
  for (const [index, line] of source.text.split("\n").entries()) {
    const location = { file: source.file, line: index + 1 };
    const toml = /^\s*\[http\.(routers|middlewares|services)\.([\w-]+)[.\]]/.exec(line);
    if (toml !== null) add(found, toml[1], toml[2], location);
    const key = /^(\s*)([\w-]+):/.exec(line);
    if (key === null) continue;
    const [, space = "", name = ""] = key;
    if (name === "routers" || name === "middlewares" || name === "services") {
      open = { section: name, indent: space.length, child: undefined };
    } else if (open !== undefined) {
      if (space.length <= open.indent) open = undefined;
      else {
        open.child ??= space.length;
        if (space.length === open.child) add(found, open.section, name, location);
      }
    }
  }
  return found;
}

function add(
  found: NamedLine[],
  section: string | undefined,
  name: string | undefined,
  location: SourceLocation,
): void {
  if (name === undefined || (section !== "routers" && section !== "middlewares" && section !== "services")) return;
  if (!found.some((one) => one.section === section && one.name === name)) found.push({ section, name, location });
}
