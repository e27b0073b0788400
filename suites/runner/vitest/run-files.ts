import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { redact } from "../../../helpers/core/text/redaction.ts";

/** How long a text within Allure's page may be, in characters; of a part's log, the page has the end. */
const attachedText = 3_000;
/** How large a picture within Allure's page may be, in bytes. */
const attachedPicture = 100_000;

/** A check's entry in a report page. */
export interface CheckEntry {
  /** Puts a text or a picture into the page. */
  attach(name: string, content: string | Buffer, contentType: string): Promise<void>;
  /** Links to a file of the run, by its path relative to the run's directory. */
  link(path: string): Promise<void>;
}

/** Files of one check in the run's directory. No secret gets there by its value. */
export class RunFiles {
  /** Files of evidence, relative to the run's directory. */
  readonly evidence: string[] = [];
  /** A file that could not be written, and why. */
  lost: string | undefined;
  readonly #directory: string;
  readonly #secrets: ReadonlyMap<string, string>;
  readonly #entry: CheckEntry;

  /** @param directory of the run */
  constructor(directory: string, secrets: ReadonlyMap<string, string>, entry: CheckEntry) {
    this.#directory = directory;
    this.#secrets = secrets;
    this.#entry = entry;
  }

  /** Writes a text; the check's entry shows a short one, and links to a long one. */
  async keep(path: string, content: string): Promise<string> {
    const text = redact(content, this.#secrets);
    if (await this.#write(path, text)) this.#add(path);
    if (text.length <= attachedText) await this.#entry.attach(path, text, contentType(path));
    else await this.#entry.link(path);
    return path;
  }

  /** The same for a picture. */
  async keepPicture(path: string, png: Buffer): Promise<string> {
    if (await this.#write(path, png)) this.#add(path);
    if (png.length <= attachedPicture) await this.#entry.attach(path, png, "image/png");
    else await this.#entry.link(path);
    return path;
  }

  /** A file that was kept, as it was written. */
  read(path: string): Promise<string> {
    return readFile(join(this.#directory, path), "utf8");
  }

  /** Writes what a failure left into a folder of its own; the check's entry has the script and the end of each log. */
  async keepFailure(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
    for (const [name, content] of files) {
      const text = redact(content, this.#secrets);
      const mode = name.endsWith(".sh") ? 0o755 : 0o644;
      await this.#write(`${folder}/${name}`, text, mode);
      if (name.endsWith(".log")) await this.#entry.attach(name, text.slice(-attachedText), "text/plain");
      if (name.endsWith(".sh")) await this.#entry.attach(name, text, "text/plain");
    }
  }

  #add(path: string): void {
    if (!this.evidence.includes(path)) this.evidence.push(path);
  }

  /** A full disk says nothing of the gateway: the check goes on, and the run knows what is missing. */
  async #write(path: string, content: string | Buffer, mode = 0o644): Promise<boolean> {
    const file = join(this.#directory, path);
    try {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content, { mode });
      return true;
    } catch (error) {
      this.lost = `${path}: ${(error as Error).message}`;
      return false;
    }
  }
}

function contentType(path: string): string {
  if (path.endsWith(".json")) return "application/json";
  if (path.endsWith(".md")) return "text/markdown";
  if (path.endsWith(".svg")) return "image/svg+xml";
  return "text/plain";
}
