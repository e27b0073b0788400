/** A change to a file's text. Offsets count UTF-16 units from the file's beginning; `end` is exclusive. */
export interface TextEdit {
  /** Relative to the deployment's folder. */
  file: string;
  start: number;
  end: number;
  text: string;
}

/** A change to one value or entry of a file. */
export interface TextChange {
  /** The smallest stretch of text that differs, for a report; need not be the text that is written. */
  shown: TextEdit;
  /** The edits that make the change. */
  edits: readonly TextEdit[];
}

/** A value in a file that can be changed where it is written. */
export interface EditableValue {
  /** As written: variables are not interpolated, compose's `$$` is two characters. */
  text: string;
  /** Replaces the whole value. */
  replace(text: string): TextChange;
  /** Replaces a part of the value; offsets count within {@link text}. */
  replacePart(start: number, end: number, text: string): TextChange;
}
