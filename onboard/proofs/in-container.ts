import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hostOf } from "../candidate/server-entry.ts";
import type { Candidate } from "../candidate/types.ts";
import type { Fault } from "./server/faults.ts";
import { syntheticCandidate } from "./synthetic.ts";

const server = join(import.meta.dirname, "server");

/**
 * The synthetic server in a container: its files travel in its command, because the container can't be written to. Each
 * process has its own: several start at a time, and one would read what another is writing.
 *
 * @param image one with Node
 */
export function inContainer(transport: "stdio" | "http", fault: Fault | undefined, image: string): Candidate {
  const base = syntheticCandidate(transport);
  const files = readdirSync(server).map(
    (name) => `echo ${readFileSync(join(server, name)).toString("base64")} | base64 -d > "$own/${name}"`,
  );
  const script = [
    "mkdir -p /tmp/home/notes",
    "printf 'the first note' > /tmp/home/notes/first",
    "own=$(mktemp -d)",
    ...files,
    'exec node "$own/server.ts"',
  ].join("\n");
  return {
    ...base,
    server: { from: "image", image, command: ["sh", "-c", script], listens: base.server.listens },
    environment: new Map([
      ["NOTES_FOLDER", "/tmp/home/notes"],
      ["SERVICE_LOG", "/tmp/home/service.log"],
      ["NOTES_PASSWORD", "${NOTES_PASSWORD}"],
      ["NOTES_TOKEN", "${NOTES_TOKEN}"],
      ...(base.server.listens === undefined
        ? []
        : ([
            ["PORT", "8080"],
            ["LISTEN", "0.0.0.0"],
            ["OWN_HOST", `${hostOf(base)}:8080`],
          ] as const)),
      ...(fault === undefined ? [] : ([["FAULT", fault]] as const)),
    ]),
    needs: [
      {
        name: "notes",
        from: { kind: "image", image },
        command: ["sleep", "infinity"],
        environment: new Map(),
        files: new Map(),
        ready: undefined,
        state: ["ls", "/srv"],
      },
    ],
  };
}
