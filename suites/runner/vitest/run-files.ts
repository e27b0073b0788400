import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { redact } from "../../../helpers/core/text/redaction.ts";

/** How much of a text Allure's page has, in characters: the end of a log, the beginning of any other. The file has all of it. */
const attachedText = 6_000;

/** Attaches what was written to the check's entry in a report page. */
export type Attach = (name: string, content: string | Buffer, contentType: string) => Promise<void>;

/** Files of one check in the run's directory. No secret gets there by its value. */
export class RunFiles {
  /** Files of evidence, relative to the run's directory. */
  readonly evidence: string[] = [];
  /** A file that could not be written, and why. */
  lost: string | undefined;
  readonly #directory: string;
  readonly #secrets: ReadonlyMap<string, string>;
  readonly #attach: Attach;

  /** @param directory of the run */
  constructor(directory: string, secrets: ReadonlyMap<string, string>, attach: Attach) {
    this.#directory = directory;
    this.#secrets = secrets;
    this.#attach = attach;
  }

  /** Writes a text, and attaches it to the check. */
  async keep(path: string, content: string): Promise<string> {
    const text = redact(content, this.#secrets);
    if (await this.#write(path, text)) this.#add(path);
    if (text.length <= attachedText) await this.#attach(path, text, contentType(path));
    else await this.#attach(`${path} (beginning)`, beginningOf(path, text), "text/plain");
    return path;
  }

  /** Writes a picture, and attaches it to the check. */
  async keepPicture(path: string, png: Buffer): Promise<string> {
    if (await this.#write(path, png)) this.#add(path);
    await this.#attach(path, png, "image/png");
    return path;
  }

  /** A file that was kept, as it was written. */
  read(path: string): Promise<string> {
    return readFile(join(this.#directory, path), "utf8");
  }

  /** Writes what a failure left into a folder of its own; the script and the logs are attached. */
  async keepFailure(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
    for (const [name, content] of files) {
      const text = redact(content, this.#secrets);
      const mode = name.endsWith(".sh") ? 0o755 : 0o644;
      await this.#write(`${folder}/${name}`, text, mode);
      if (name.endsWith(".log")) await this.#attach(name, text.slice(-attachedText), "text/plain");
      if (name.endsWith(".sh")) await this.#attach(name, text, "text/plain");
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

function beginningOf(path: string, text: string): string {
  return `${text.slice(0, attachedText)}\n… ${path} in the report has all ${text.length} characters\n`;
}

function contentType(path: string): string {
  if (path.endsWith(".json")) return "application/json";
  if (path.endsWith(".md")) return "text/markdown";
  if (path.endsWith(".svg")) return "image/svg+xml";
  return "text/plain";
}
