import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Engine } from "../engine/engine.ts";
import { CommandError, keptLogLines, runOnHost } from "../engine/host-command.ts";
import { isDebianFamily, operatingSystem } from "../engine/host-system.ts";
import { follow, imageLabel } from "./build.ts";
import { imagesFolder } from "./recipe.ts";

const publicMirror = "http://deb.debian.org/debian";

/** Why debootstrap cannot run here; undefined when it can. */
export function debootstrapHindrance(): string | undefined {
  if (!isDebianFamily(operatingSystem())) return "this machine is neither Debian nor Ubuntu";
  return process.getuid?.() === 0 ? undefined : "debootstrap takes root";
}

/**
 * Makes a minimal Debian with debootstrap, which is installed where it is missing, and gives it to the engine.
 *
 * @throws {CommandError} when debootstrap cannot be installed, or fails
 * @throws {ImageError} when the engine refuses the archive
 */
export async function importDebian(engine: Engine, reference: string, onLine: (line: string) => void): Promise<void> {
  await ensureDebootstrap(onLine);
  const script = join(imagesFolder, "debian", "debootstrap.sh");
  const child = spawn("sh", [script, engine.arch, debianMirror()], { stdio: ["ignore", "pipe", "pipe"] });
  const log: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    onLine(line);
    log.push(line);
    if (log.length > keptLogLines) log.shift();
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new CommandError("debootstrap", `ended with ${code ?? signal}`, log));
    });
  });
  const separator = reference.lastIndexOf(":");
  const imported = engine.docker
    .importImage(child.stdout, {
      repo: reference.slice(0, separator),
      tag: reference.slice(separator + 1),
      changes: `LABEL ${imageLabel}=debian`,
    })
    .then((stream) => follow(engine, stream, () => {}));
  const [made, given] = await Promise.allSettled([ended, imported]);
  // A half archive is an image too: it must not keep the name that says it is whole.
  if (made.status === "rejected" && given.status === "fulfilled") {
    await engine.docker.getImage(reference).remove({ force: true });
  }
  if (made.status === "rejected") throw made.reason;
  if (given.status === "rejected") throw given.reason;
}

async function ensureDebootstrap(onLine: (line: string) => void): Promise<void> {
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  if (existsSync("/usr/sbin/debootstrap") && existsSync(keyring)) return;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const packages = ["debootstrap", "debian-archive-keyring"];
  await runOnHost("apt-get", ["update"], { env, onLine });
  await runOnHost("apt-get", ["install", "-y", "--no-install-recommends", ...packages], { env, onLine });
}

/** The mirror that this machine takes its own Debian packages from. An Ubuntu's has no Debian. */
export function debianMirror(root = "/etc/apt", id: string = operatingSystem().id): string {
  if (id !== "debian") return publicMirror;
  const folder = join(root, "sources.list.d");
  const files = [
    join(root, "sources.list"),
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ].filter((file) => /\.(list|sources)$/.test(file) && existsSync(file));
  for (const file of files) {
    const text = readFileSync(file, "utf8").replace(/^\s*#.*$/gm, "");
    const uris = file.endsWith(".sources")
      ? [...text.matchAll(/^URIs:\s*(\S+)/gm)].map(([, uri]) => uri)
      : [...text.matchAll(/^deb\s+(?:\[[^\]]*\]\s+)?(\S+)/gm)].map(([, uri]) => uri);
    const mirror = uris.find((uri) => uri !== undefined && /^https?:\/\/\S+\/debian\/?$/.test(uri));
    if (mirror !== undefined) return mirror;
  }
  return publicMirror;
}
