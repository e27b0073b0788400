import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { inject, type TestContext } from "vitest";
import { attachEvidence } from "../../helpers/checks/allure.ts";
import { redact } from "../../helpers/core/text/redaction.ts";

/** How much of a log Allure's page shows, in characters: its end. The file has all. */
const attachedLog = 50_000;

/** What a check leaves in the run's directory. No secret gets there by its value. */
export class RunFiles {
  readonly #task: TestContext["task"];
  readonly #secrets: ReadonlyMap<string, string>;

  constructor(task: TestContext["task"], secrets: ReadonlyMap<string, string>) {
    this.#task = task;
    this.#secrets = secrets;
  }

  /** Writes a text, and attaches it to the check. */
  async keep(path: string, content: string): Promise<string> {
    const text = redact(content, this.#secrets);
    if (await this.#write(path, text)) this.#isEvidence(path);
    await attachEvidence(path, text, contentType(path));
    return path;
  }

  /** Writes a picture, and attaches it to the check. */
  async keepPicture(path: string, png: Buffer): Promise<string> {
    if (await this.#write(path, png)) this.#isEvidence(path);
    await attachEvidence(path, png, "image/png");
    return path;
  }

  /** What was kept, as it was written. */
  read(path: string): Promise<string> {
    return readFile(join(inject("run").directory, path), "utf8");
  }

  /** Writes what a failure left into a folder of its own; of that the script and the logs are attached. */
  async keepFailure(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
    for (const [name, content] of files) {
      const text = redact(content, this.#secrets);
      const mode = name.endsWith(".sh") ? 0o755 : 0o644;
      await this.#write(`${folder}/${name}`, text, mode);
      if (name.endsWith(".log")) await attachEvidence(name, text.slice(-attachedLog), "text/plain");
      if (name.endsWith(".sh")) await attachEvidence(name, text, "text/plain");
    }
    this.#task.meta.failure = folder;
  }

  #isEvidence(path: string): void {
    // Always through task.meta: allure-vitest replaces the object while the check runs.
    const { evidence = [] } = this.#task.meta;
    if (!evidence.includes(path)) this.#task.meta.evidence = [...evidence, path];
  }

  /** A disk that is full says nothing of the gateway: the check goes on, and the run knows what it lacks. */
  async #write(path: string, content: string | Buffer, mode = 0o644): Promise<boolean> {
    const file = join(inject("run").directory, path);
    try {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content, { mode });
      return true;
    } catch (error) {
      this.#task.meta.evidenceLost = `${path}: ${(error as Error).message}`;
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
