import { afterAll, beforeAll, expect, test } from "vitest";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { Progress } from "../../helpers/core/terminal/progress.ts";
import type { Executed, ExecuteOptions } from "../engine/command.ts";
import { connectEngine, type Engine } from "../engine/engine.ts";
import { removeRun } from "../engine/removal.ts";
import { newRun } from "../engine/run-labels.ts";
import { Images } from "../images/images.ts";
import { createNetworks } from "../networks/network.ts";
import { withCommandAgents } from "./command-agents.ts";
import { execute } from "./container-command.ts";
import { readyWhenRunning } from "./readiness.ts";
import { startPart } from "./start-part.ts";

const run = newRun({ keep: false });
let plain: Engine;
let engine: Engine;
let host: string;
let withoutNode: string;
let limited: string;

beforeAll(async () => {
  plain = await connectEngine({ progress: new Progress() });
  engine = withCommandAgents(plain);
  const images = new Images(plain, { mode: "auto", progress: new Progress() });
  const [network] = [...(await createNetworks(plain, run, "own", [{ name: "own", internal: true }])).values()];
  if (network === undefined) throw new Error("no network was made");
  const start = async (image: "host" | "redis", memory?: number): Promise<string> => {
    const part = await startPart({ engine: plain, run, images }, "edge", {
      name: memory === undefined ? image : `limited-${image}`,
      image: await images.get(image),
      ...(memory === undefined ? {} : { settings: { host: { Memory: memory } } }),
      networks: [{ network, aliases: [] }],
      ready: readyWhenRunning,
      startDeadline: deadlines.smallPartStart,
    });
    return part.containerId;
  };
  [host, withoutNode, limited] = await Promise.all([start("host"), start("redis"), start("host", 64 * 1024 ** 2)]);
  await Promise.all([host, withoutNode, limited].map((container) => execute(engine, container, ["true"])));
});
afterAll(() => removeRun(plain, run.id));

/** Processes whose parent is Node: an exec's parent is outside of the container. */
const parent = ["sh", "-c", "readlink /proc/$PPID/exe"];

test.for<{ command: string[]; options?: ExecuteOptions }>([
  { command: ["sh", "-c", "echo out; echo err >&2; exit 3"] },
  { command: ["sh", "-c", "echo $WORD $HOME; pwd"], options: { environment: { WORD: "a b" }, workingDir: "/tmp" } },
  { command: ["sh", "-c", "seq 1 100000"] },
  { command: ["cat"] },
  { command: ["sh", "-c", "printf 'ä€'; kill -9 $$"] },
  { command: ["sleep", "20"], options: { deadline: 1_000 } },
])("$command: an agent's result is that of an exec", async ({ command, options }) => {
  const outcome = ({ exitCode, stdout, stderr }: Executed): Omit<Executed, "took"> => ({ exitCode, stdout, stderr });
  const [byAgent, byExec] = await Promise.all([
    execute(engine, host, command, options),
    execute(plain, host, command, options),
  ]);
  expect(outcome(byAgent)).toEqual(outcome(byExec));
});

test("from a container's second command on, its commands run through one process, side by side", async () => {
  expect((await execute(engine, host, parent)).stdout).toBe("/usr/local/bin/node\n");
  const many = Array.from({ length: 20 }, (_, index) => execute(engine, host, ["echo", String(index)]));
  expect((await Promise.all(many)).map(({ stdout }) => Number(stdout))).toEqual(many.map((_, index) => index));
});

test("a missing program is named as the engine names it", async () => {
  const { exitCode, stderr } = await execute(engine, host, ["no-such-program"]);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 127,
    stderr: 'exec: "no-such-program": executable file not found in $PATH\n',
  });
});

test("where a container has no Node or a limit, and for another user, each command is an exec", async () => {
  expect((await execute(engine, limited, parent)).stdout).not.toContain("node");
  for (const _ of [1, 2]) expect((await execute(engine, withoutNode, ["echo", "text"])).stdout).toBe("text\n");
  expect((await execute(engine, host, ["id", "-un"], { user: "nobody" })).stdout).toBe("nobody\n");
});

test("a container that is killed ends its commands, and the next one fails as an exec does", async () => {
  const running = execute(engine, host, ["sleep", "60"]);
  await execute(engine, host, ["true"]);
  await plain.docker.getContainer(host).kill();
  expect((await running).exitCode).toBe(137);
  await expect(execute(engine, host, ["true"])).rejects.toThrow(/is not running/);
});
