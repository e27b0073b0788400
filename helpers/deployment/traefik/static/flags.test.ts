import { expect, test } from "vitest";
import { EditableYaml } from "../../source/editable-yaml.ts";
import { FaultList } from "../../source/fault-list.ts";
import { NoteList } from "../../source/note-list.ts";
import { SourceFile } from "../../source/source-file.ts";
import type { TextChange } from "../../source/text-edit.ts";
import { nodeAt, parseYaml } from "../../source/yaml-tree.ts";
import type { TraefikOption } from "../options.ts";
import { readFlags } from "./flags.ts";
import { buildStatic } from "./static.ts";

const location = { file: "/f/compose.yaml", line: 1 };

/** The flags of a command, which is a text or a list, with edits. */
function flagsOf(command: string): { options: TraefikOption[]; apply(change: TextChange | undefined): string } {
  const text = `command:${command}\n`;
  const source = new SourceFile("/f/compose.yaml", text);
  const root = parseYaml(source, new FaultList());
  const node = nodeAt(root, "command");
  if (root === undefined || node === undefined) throw new Error("no command");
  const commandWords =
    node.kind === "list"
      ? node.items.map((item, index) => ({
          value: item.kind === "scalar" ? String(item.value) : "",
          location: item.location,
          path: ["command", index],
        }))
      : (node.kind === "scalar" ? String(node.value) : "")
          .split(" ")
          .map((value) => ({ value, location, path: ["command"] }));
  const faults = new FaultList();
  const options = readFlags({ key: "traefik", commandWords }, new EditableYaml("/f", source, root), {
    faults,
    notes: new NoteList(),
  });
  faults.throwIfAny();
  const apply = (change: TextChange | undefined): string =>
    (change?.edits ?? [])
      .toSorted((one, other) => other.start - one.start)
      .reduce((before, { start, end, text: own }) => before.slice(0, start) + own + before.slice(end), text)
      .slice("command:".length, -1);
  return { options, apply };
}

const list = "\n  - --entryPoints.web.address=:80\n  - --api\n  - --log.level\n  - INFO";

test("a flag has its path, its value, and its line", () => {
  const { options } = flagsOf(list);
  expect(
    options.map(({ path, key, value, location: { line } }) => ({ path: path.join("/"), key, value, line })),
  ).toEqual([
    { path: "entrypoints/web/address", key: "entryPoints.web.address", value: ":80", line: 2 },
    { path: "api", key: "api", value: "true", line: 3 },
    { path: "log/level", key: "log.level", value: "INFO", line: 4 },
  ]);
});

test("the value of a flag is replaced, however it is written", () => {
  const { options, apply } = flagsOf(list);
  const [address, api, level] = options;
  expect(apply(address?.text?.value.replace(":81"))).toBe(
    list.replace("--entryPoints.web.address=:80", '"--entryPoints.web.address=:81"'),
  );
  expect(apply(api?.text?.value.replace("false"))).toBe(list.replace("--api", '"--api=false"'));
  expect(apply(level?.text?.value.replace("DEBUG"))).toBe(list.replace("INFO", '"DEBUG"'));
});

test("a flag is removed with its value, and another one is added after it", () => {
  const { options, apply } = flagsOf(list);
  expect(apply(options[2]?.text?.remove())).toBe("\n  - --entryPoints.web.address=:80\n  - --api");
  expect(apply(options[0]?.text?.addAfter([{ key: "ping", value: "true" }]))).toBe(
    list.replace(":80\n", ":80\n  - --ping=true\n"),
  );
});

test("a flag of a command that is one text is edited within it", () => {
  const { options, apply } = flagsOf(" --api=true --ping=true");
  expect(apply(options[0]?.text?.value.replace("false"))).toBe(' "--api=false --ping=true"');
  expect(apply(options[1]?.text?.remove())).toBe(' "--api=true"');
  expect(apply(options[0]?.text?.addAfter([{ key: "log", value: "true" }]))).toBe(
    ' "--api=true --log=true --ping=true"',
  );
});

test("the static configuration ignores case, and the last of two flags counts", () => {
  const faults = new FaultList();
  const words = [
    "--providers.docker",
    "--entrypoints.Web.Address=127.0.0.1:80/tcp",
    "--API.Insecure=true",
    "--api.insecure=false",
  ];
  const commandWords = words.map((value, index) => ({ value, location, path: [index] }));
  const options = readFlags({ key: "t", commandWords }, undefined, { faults, notes: new NoteList() });
  const configuration = buildStatic(options, { kind: "flags" }, { service: location, faults });
  expect(faults.faults).toEqual([]);
  expect([...configuration.entryPoints.values()]).toEqual([
    {
      name: "Web",
      host: "127.0.0.1",
      port: 80,
      protocol: "tcp",
      asDefault: false,
      tls: false,
      middlewares: [],
      redirectTo: undefined,
      location,
    },
  ]);
  expect(configuration.insecureApi).toBeUndefined();
  expect(configuration.has("providers.docker")).toBe(true);
  expect(configuration.has("providers.dock")).toBe(false);
});
