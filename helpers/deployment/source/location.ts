/** A position in a file that the operator wrote. */
export interface SourceLocation {
  /** Absolute path. */
  file: string;
  /** 1-based. */
  line: number;
}

/** A value and where it is written, so that a failure can name the line. */
export interface Written<T> {
  value: T;
  location: SourceLocation;
}
