import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { Progress } from "../../../helpers/core/terminal/progress.ts";
import { connectEngine, type Engine } from "../../engine/engine.ts";
import { removeRun } from "../../engine/removal.ts";
import { newRun } from "../../engine/run-labels.ts";
import { createNetworks } from "../../networks/network.ts";
import { execute } from "../../parts/container-command.ts";
import { readyWhenRunning } from "../../parts/readiness.ts";
import { startPart } from "../../parts/start-part.ts";
import { Images } from "../images.ts";
import { imagesFolder } from "./recipe.ts";

const run = newRun({ keep: false });
let engine: Engine;
let container: string;

/** What pip installs as a program: it imports a module, and starts only as `__main__`. */
const program = (module: string): string => `#!/opt/runtime/bin/python3
import sys
sys.path.append("/opt/modules")
from ${module} import main
if __name__ == "__main__":
    sys.exit(main())
`;

/** Counts its imports, and reports how it was started. */
const reporter = `
import json, os, random, signal, sys
with open("/tmp/imports", "a") as imports:
    imports.write(f"{os.environ.get('MODE')}\\n")

def main():
    if sys.argv[1:] == ["wait"]:
        signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b"ended\\n"), sys.exit(7)))
        print(os.getpid(), flush=True)
        signal.pause()
    started = [sys.argv, os.getcwd(), sys.path[0], sys.stdin.read(), sorted(os.environ.items())]
    print(json.dumps([started, random.random()]))
    print("to the error stream", file=sys.stderr)
    return 3
`;

/** Starts programs, and prints what came of them as JSON. */
const driver = `
import json, os, signal, subprocess, sys, time

def start(command, *arguments, mode="plain", kill=None):
    environment = {"PATH": os.environ["PATH"], "MODE": mode}
    server = subprocess.Popen([command, *arguments], cwd="/srv", env=environment, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    if kill is None:
        out, errors = server.communicate("to the server")
        return {"code": server.returncode, "out": out, "errors": errors}
    pid = int(server.stdout.readline())
    os.killpg(server.pid, kill)
    out, _ = server.communicate()
    # The pipe has ended, so the fork has too: its entry goes as soon as it is waited for.
    while os.path.exists(f"/proc/{pid}"):
        time.sleep(0.01)
    return {"code": server.returncode, "out": out}

def imports():
    with open("/tmp/imports") as file:
        return file.read().split()

result = eval(sys.argv[1])
print(json.dumps(result))
`;

beforeAll(async () => {
  engine = await connectEngine({ progress: new Progress() });
  const images = new Images(engine, { mode: "auto", progress: new Progress() });
  const networks = await createNetworks(engine, run, "preload", [{ name: "preload", internal: true }]);
  const [network] = [...networks.values()];
  if (network === undefined) throw new Error("no network was made");
  const preload = (name: string): string => readFileSync(join(imagesFolder, "upstreams/preload", name), "utf8");
  const server = (name: string, module: string) => [
    { target: `/usr/local/bin/${name}`, content: preload("start-forked.py"), mode: 0o755 },
    { target: `/opt/upstreams/${name}/bin/${name}`, content: program(module), mode: 0o755 },
    { target: `/opt/upstreams/${name}/preloaded.py`, content: preload("preloaded.py") },
  ];
  const { containerId } = await startPart({ engine, run, images }, "gateway", {
    name: "preload",
    image: await images.litellm({ version: "1.77.1", commands: [{ command: "postgres-mcp", version: "0.3.0" }] }),
    networks: [{ network, aliases: [] }],
    entrypoint: ["sleep", "infinity"],
    files: [
      ...server("sound", "reporter"),
      ...server("threads", "with_threads"),
      ...server("broken", "missing"),
      { target: "/opt/modules/reporter.py", content: reporter },
      {
        target: "/opt/modules/with_threads.py",
        content:
          "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\nfrom reporter import main\n",
      },
      { target: "/driver.py", content: driver },
    ],
    ready: readyWhenRunning,
    startDeadline: deadlines.smallPartStart,
  });
  container = containerId;
});
afterAll(() => removeRun(engine, run.id));

async function evaluate(expression: string): Promise<unknown> {
  const { exitCode, stdout, stderr } = await execute(
    engine,
    container,
    ["sh", "-c", `rm -f /tmp/imports; exec python3 /driver.py "$0"`, expression],
    { deadline: deadlines.smallPartStart },
  );
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout);
}

describe("a server that starts as a fork", () => {
  it("is started as the program itself would be, and imports its modules once", async () => {
    const [own, first, second, imports] = (await evaluate(
      `[start("/opt/upstreams/sound/bin/sound", "a b", "ü"), start("sound", "a b", "ü"), start("sound", "a b", "ü"), imports()]`,
    )) as [Started, Started, Started, string[]];
    const reports = [own, first, second].map(({ code, out, errors }) => {
      const [started, random] = JSON.parse(out) as [unknown, number];
      return { code, errors, started, random };
    });
    expect(reports[0]).toMatchObject({ code: 3, errors: "to the error stream\n" });
    for (const { code, errors, started } of reports)
      expect({ code, errors, started }).toEqual({ ...reports[0], random: undefined });
    expect(new Set(reports.map(({ random }) => random)).size).toBe(3);
    // Once for the program itself.
    expect(imports).toEqual(["plain", "plain"]);
  });

  it("imports them again for another environment, which its modules may read", async () => {
    expect(await evaluate(`[start("sound", mode=one)["code"] for one in ("x", "y", "x")] + imports()`)).toEqual([
      ...[3, 3, 3],
      ...["x", "y"],
    ]);
  });

  it("gets the signals of its start, and ends with it", async () => {
    expect(await evaluate(`start("sound", "wait", kill=signal.SIGTERM)`)).toEqual({ code: 7, out: "ended\n" });
    // Often, because the start may be killed before or after it learns that the fork runs.
    expect(await evaluate(`[start("sound", "wait", kill=signal.SIGKILL) for one in range(20)]`)).toEqual(
      Array.from({ length: 20 }, () => ({ code: -9, out: "" })),
    );
    expect(await evaluate(`[start("sound")["code"], os.path.exists("/tmp/imports")]`), "imported again").toEqual([
      3,
      false,
    ]);
  });

  it("starts as usual where its imports start threads", async () => {
    expect(await evaluate(`[start("threads", "x")["code"] for one in (1, 2)] + imports()`)).toEqual([
      ...[3, 3],
      // Once in the attempt.
      ...["plain", "plain", "plain"],
    ]);
  });

  it("reports itself that its imports fail", async () => {
    expect(await evaluate(`start("broken")`)).toMatchObject({
      code: 1,
      errors: expect.stringContaining("No module named 'missing'"),
    });
  });
});

interface Started {
  code: number;
  out: string;
  errors: string;
}
