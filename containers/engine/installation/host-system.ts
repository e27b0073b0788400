import { existsSync, readFileSync } from "node:fs";

/** An operating system, as `/etc/os-release` describes it (os-release(5)). */
export interface OperatingSystem {
  id: string;
  /** Distributions that it is derived from. */
  like: readonly string[];
  /** Its name, for people. */
  name: string;
}

/** This machine's operating system; the platform's name where there is no os-release file. */
export function operatingSystem(file = "/etc/os-release"): OperatingSystem {
  if (!existsSync(file)) return { id: process.platform, like: [], name: process.platform };
  const values = new Map<string, string>();
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [, key, value] = /^([A-Z_]+)=["']?(.*?)["']?$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) values.set(key, value);
  }
  const id = values.get("ID") ?? "linux";
  return { id, like: (values.get("ID_LIKE") ?? "").split(" ").filter(Boolean), name: values.get("PRETTY_NAME") ?? id };
}

/** Whether it uses Debian's packages. */
export function isDebianFamily({ id, like }: OperatingSystem): boolean {
  return [id, ...like].some((name) => name === "debian" || name === "ubuntu");
}
