import { expect, test } from "vitest";
import { type Pipe, StdioChannel } from "./stdio-channel.ts";

/** A server whose answers the test sends itself. */
function channelAndPipe() {
  const written: string[] = [];
  const pipe: Pipe = {
    write: (text) => void written.push(text),
    onOutput: () => {},
    onLog: () => {},
    onEnd: () => {},
    close: async () => {},
  };
  const channel = new StdioChannel(pipe);
  const send = (text: string): void => pipe.onOutput(Buffer.from(text));
  const answer = (id: number): void => send(`${JSON.stringify({ jsonrpc: "2.0", id, result: { of: id } })}\n`);
  return { channel, pipe, written, send, answer };
}

test("an answer may come in pieces, between noise", async () => {
  const { channel, send } = channelAndPipe();
  const asked = channel.ask("ping", {}, 5_000);
  send("a banner\n{not json\n");
  send('{"jsonrpc":"2.0","id":1,');
  send('"result":{"ok":true}}\n');
  expect(await asked).toMatchObject({ kind: "result", result: { ok: true } });
  expect(channel.strayIds).toEqual([]);
});

test("an answer of an unknown id and a second answer are astray, a late one is not", async () => {
  const { channel, answer } = channelAndPipe();
  const late = channel.ask("slow", {}, 1);
  expect(await late).toMatchObject({ kind: "silent" });
  answer(1);
  expect(channel.strayIds).toEqual([]);
  const asked = channel.ask("ping", {}, 5_000);
  answer(2);
  await asked;
  answer(2);
  answer(77);
  expect(channel.strayIds).toEqual([2, 77]);
});

test("the end of the server is the answer to what was asked, and to what is asked after it", async () => {
  const { channel, pipe } = channelAndPipe();
  const asked = channel.ask("ping", {}, 5_000);
  pipe.onEnd("exit code 137");
  expect(await asked).toMatchObject({ kind: "ended", why: "exit code 137" });
  expect(await channel.ask("ping", {}, 5_000)).toMatchObject({ kind: "ended", why: "exit code 137" });
});

test("a request of the server is refused, so that it does not wait", async () => {
  const { written, send } = channelAndPipe();
  send('{"jsonrpc":"2.0","id":"r1","method":"roots/list"}\n');
  expect(JSON.parse(written[0] ?? "")).toMatchObject({ id: "r1", error: { code: -32601 } });
});
