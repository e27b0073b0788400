import { expect, test } from "vitest";
import type { Engine } from "../../engine/engine.ts";
import type { PartHandle } from "../../parts/part.ts";
import { traefikLogOf } from "./traefik-log.ts";

/** Traefik's log, by the second in which a line was written; the containers behind it started in seconds 1 and 5. */
const lines: readonly (readonly [number, string])[] = [
  [0, "ERR Cannot read the file providerName=file"],
  [2, "ERR Skip container litellm-ai error='a label' providerName=docker"],
  [3, '{"level":"error","providerName":"docker","message":"Skip container litellm-ai"}'],
  [4, 'level=error msg="Skip container litellm-ai" providerName=docker'],
  [6, "ERR Skip container other-ai error='a label' providerName=docker"],
];

interface Window {
  since?: number;
  until?: number;
}

/** The engine's frame of one line on standard output. */
function frame(text: string): Buffer {
  const content = Buffer.from(`${text}\n`);
  const head = Buffer.alloc(8);
  head.writeUInt8(1, 0);
  head.writeUInt32BE(content.length, 4);
  return Buffer.concat([head, content]);
}

const engine = {
  docker: {
    getContainer: (id: string) => ({
      inspect: async () => ({ State: { StartedAt: new Date(Number(id) * 1000).toISOString() } }),
      logs: async ({ since = 0, until = Number.POSITIVE_INFINITY }: Window) =>
        Buffer.concat(lines.flatMap(([second, text]) => (second >= since && second <= until ? frame(text) : []))),
    }),
  },
} as unknown as Engine;

const part = (containerId: string, rest: Partial<PartHandle> = {}) => ({ containerId, ...rest }) as PartHandle;

test.for([
  ["a new Traefik: all of it", {}, [0, 2, 3, 4, 6]],
  [
    "a kept one: its own messages, and what it says about labels since the last container started",
    { isKept: true },
    [0, 6],
  ],
] as const)("the log of %s", async ([_, kept, seconds]) => {
  const log = await traefikLogOf(engine, part("0", kept), [part("1"), part("5")]);
  const expected = lines.flatMap(([second, text]) => ((seconds as readonly number[]).includes(second) ? [text] : []));
  expect(log.split("\n").filter((line) => line !== "")).toEqual(expected);
});
