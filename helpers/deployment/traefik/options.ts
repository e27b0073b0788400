import type { Written } from "../source/location.ts";
import type { EditableValue, TextChange } from "../source/text-edit.ts";

/** Where Traefik reads an option from. */
export type OptionSource = "flag" | "environment" | "static-file" | "label" | "file-provider";

/** One option of Traefik's configuration, whatever source it comes from. The location is its line. */
export interface TraefikOption extends Written<string> {
  source: OptionSource;
  /** Known names in lower case, the operator's own names as written: `["entrypoints", "web", "address"]`. */
  path: readonly string[];
  /** The name as written: `entryPoints.web.address`, `traefik.http.routers.ui.rule`, `TRAEFIK_API_INSECURE`. */
  key: string;
  /** Key of the compose service whose command, environment or labels hold it; undefined for an option of a file. */
  service: string | undefined;
  /** The option as text that can be edited; undefined where a YAML alias, a merge key or a template brings it in. */
  text: OptionText | undefined;
}

/** An option as it is written, with edits. */
export interface OptionText {
  /** Name and value as written, e.g. `--api=true`. */
  written: string;
  /** The value as written, before interpolation. */
  value: EditableValue;
  /** Removes the option; undefined where other text shares its lines. */
  remove(): TextChange | undefined;
  /** Adds options of the same source after this one; undefined where that is not possible. */
  addAfter(options: readonly NewOption[]): TextChange | undefined;
}

/** An option to be added. */
export interface NewOption {
  /** As the source writes it: `traefik.http.routers.ui.priority` for a label, `api.insecure` for a flag. */
  key: string;
  value: string;
}

/** An option whose text can be edited. */
export type EditableOption = TraefikOption & { text: OptionText };

/** A part of a value, e.g. what follows the `=`; offsets of edits count within the part. */
export function partOf(value: EditableValue, start: number, end: number): EditableValue {
  return {
    text: value.text.slice(start, end),
    replace: (text) => value.replacePart(start, end, text),
    replacePart: (from, to, text) => value.replacePart(start + from, start + to, text),
  };
}
