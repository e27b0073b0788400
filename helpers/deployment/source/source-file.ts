import { readFileSync, statSync } from "node:fs";
import type { FaultList } from "./fault-list.ts";

/** A larger file is not a deployment file. In bytes. */
const MAX_BYTES = 1024 * 1024;

/** A text file of the deployment, with the offsets of its lines. */
export class SourceFile {
  /** Absolute path. */
  readonly file: string;
  /** Without a byte order mark. */
  readonly text: string;
  /** Length of the byte order mark in front of the text: 0 or 1. Offsets in the file count it. */
  readonly byteOrderMark: 0 | 1;
  readonly #lineStarts: number[];
  readonly #firstLine: number;

  /** @param firstLine the line of the file in which the text begins, for a text that is a part of it */
  constructor(file: string, text: string, firstLine = 1) {
    this.file = file;
    this.#firstLine = firstLine;
    this.byteOrderMark = text.startsWith("\uFEFF") ? 1 : 0;
    this.text = text.slice(this.byteOrderMark);
    this.#lineStarts = [0];
    for (let at = this.text.indexOf("\n"); at !== -1; at = this.text.indexOf("\n", at + 1)) {
      this.#lineStarts.push(at + 1);
    }
  }

  /** 1-based line of the file of an offset. */
  lineAt(offset: number): number {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + this.#firstLine;
  }
}

/**
 * Reads a file.
 *
 * @param fixMissing how to fix a missing file, as an imperative
 * @returns undefined when the file can't be read; the reason is then a fault
 */
export function readSource(file: string, faults: FaultList, fixMissing: string): SourceFile | undefined {
  let bytes: Buffer;
  try {
    const status = statSync(file);
    if (status.isDirectory()) {
      faults.add(
        file,
        "is a directory, a file was expected",
        "remove the directory (docker creates one when it mounts a missing file) and write the file",
      );
      return undefined;
    }
    if (!status.isFile()) {
      faults.add(file, "is not a regular file", "put a plain text file here");
      return undefined;
    }
    if (status.size > MAX_BYTES) {
      faults.add(
        file,
        `is ${Math.ceil(status.size / 1024)} KiB long, more than the limit of ${MAX_BYTES / 1024} KiB for a file of a deployment`,
        "check that it is the right file",
      );
      return undefined;
    }
    bytes = readFileSync(file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") faults.add(file, "is missing", fixMissing);
    else
      faults.add(file, `can't be read (${String(code ?? error)})`, "make it readable for the user that runs the suite");
    return undefined;
  }
  if (isUtf16(bytes)) {
    faults.add({ file, line: 1 }, "is encoded as UTF-16", "save it as UTF-8");
    return undefined;
  }
  try {
    return new SourceFile(file, new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    faults.add({ file, line: lineOfBadByte(bytes) }, "contains bytes that are not UTF-8", "save it as UTF-8");
    return undefined;
  }
}

function isUtf16(bytes: Buffer): boolean {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  // Without a byte order mark: a text in Latin letters has a zero in every other byte.
  return (
    bytes.length >= 4 &&
    (first === 0) !== (second === 0) &&
    bytes.subarray(0, 64).filter((b) => b === 0).length >= Math.min(bytes.length, 64) / 3
  );
}

function lineOfBadByte(bytes: Buffer): number {
  let line = 1;
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(0x0a, start);
    const stop = end === -1 ? bytes.length : end;
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(start, stop));
    } catch {
      return line;
    }
    start = stop + 1;
    line++;
  }
  return line;
}
