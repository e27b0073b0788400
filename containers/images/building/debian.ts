import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Engine } from "../../engine/engine.ts";
import { CommandError, keptLogLines, runOnHost } from "../../engine/host-command.ts";
import { isDebianFamily, operatingSystem } from "../../engine/installation/host-system.ts";
import { imagesFolder } from "../recipes/recipe.ts";
import { followEngineReport, imageLabel } from "./build.ts";

const publicMirror = "http://deb.debian.org/debian";

/** Why debootstrap cannot run here; undefined when it can. */
export function debootstrapObstacle(): string | undefined {
  if (!isDebianFamily(operatingSystem())) return "this machine is neither Debian nor Ubuntu";
  return process.getuid?.() === 0 ? undefined : "debootstrap needs root";
}

/**
 * Makes a minimal Debian with debootstrap, and imports it into the engine. Installs debootstrap where it is missing.
 *
 * @param reference name and tag of the new image
 * @param onLine receives each line of debootstrap's output
 * @throws {CommandError} when debootstrap cannot be installed, or fails
 * @throws {ImageError} when the engine rejects the archive
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
      else reject(new CommandError("debootstrap", `exited with ${code ?? signal}`, log));
    });
  });
  const separator = reference.lastIndexOf(":");
  const imported = engine.docker
    .importImage(child.stdout, {
      repo: reference.slice(0, separator),
      tag: reference.slice(separator + 1),
      changes: `LABEL ${imageLabel}=debian`,
    })
    .then((stream) => followEngineReport(engine, stream, () => {}));
  const [debootstrap, image] = await Promise.allSettled([ended, imported]);
  // The engine imports an incomplete archive too: the name of a complete image must not stay on it.
  if (debootstrap.status === "rejected" && image.status === "fulfilled") {
    await engine.docker.getImage(reference).remove({ force: true });
  }
  if (debootstrap.status === "rejected") throw debootstrap.reason;
  if (image.status === "rejected") throw image.reason;
}

async function ensureDebootstrap(onLine: (line: string) => void): Promise<void> {
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  if (existsSync("/usr/sbin/debootstrap") && existsSync(keyring)) return;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const packages = ["debootstrap", "debian-archive-keyring"];
  await runOnHost("apt-get", ["update"], { env, onLine });
  await runOnHost("apt-get", ["install", "-y", "--no-install-recommends", ...packages], { env, onLine });
}

/**
 * The mirror of this machine's own Debian packages; the public one where none is configured, and on Ubuntu, whose mirrors
 * do not have Debian.
 *
 * @param root folder of apt's configuration
 * @param id id of the operating system, as in os-release(5)
 */
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
