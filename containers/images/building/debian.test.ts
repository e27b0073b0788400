import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isDebianFamily, operatingSystem } from "../../engine/installation/host-system.ts";
import { debianMirror } from "./debian.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "image-debian-"));
  mkdirSync(join(root, "sources.list.d"));
});

afterEach(() => rmSync(root, { recursive: true }));

describe("debianMirror", () => {
  it("is read from a deb822 file", () => {
    const text =
      "Types: deb\n# URIs: http://old.example/debian\nURIs: http://mirror.example/debian\nSuites: bookworm\n";
    writeFileSync(join(root, "sources.list.d", "debian.sources"), text);
    expect(debianMirror(root, "debian")).toBe("http://mirror.example/debian");
  });

  it("is read from a one-line file, and other repositories are ignored", () => {
    writeFileSync(join(root, "sources.list.d", "other.list"), "deb https://packages.example/apt stable main\n");
    const lines =
      "# deb http://old.example/debian bookworm main\ndeb [arch=amd64] http://mirror.example/debian bookworm main\n";
    writeFileSync(join(root, "sources.list"), lines);
    expect(debianMirror(root, "debian")).toBe("http://mirror.example/debian");
  });

  it("is the public one where none is configured, and on Ubuntu, whose mirrors do not have Debian", () => {
    expect(debianMirror(root, "debian")).toBe("http://deb.debian.org/debian");
    writeFileSync(join(root, "sources.list"), "deb http://mirror.example/debian bookworm main\n");
    expect(debianMirror(root, "ubuntu")).toBe("http://deb.debian.org/debian");
  });
});

describe("operatingSystem", () => {
  function release(text: string): string {
    const file = join(root, "os-release");
    writeFileSync(file, text);
    return file;
  }

  it.each([
    ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n', "Debian GNU/Linux 12 (bookworm)", true],
    ['PRETTY_NAME="Linux Mint 22"\nID=linuxmint\nID_LIKE="ubuntu debian"\n', "Linux Mint 22", true],
    ['ID="fedora"\nPRETTY_NAME="Fedora Linux 44"\n', "Fedora Linux 44", false],
  ])("is read from os-release", (text, name, debian) => {
    const system = operatingSystem(release(text));
    expect(system.name).toBe(name);
    expect(isDebianFamily(system)).toBe(debian);
  });
});
