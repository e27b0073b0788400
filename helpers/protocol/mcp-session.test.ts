import { expect, test } from "vitest";
import type { Exchange } from "./exchange.ts";
import { losesItsSession, renewingSession } from "./mcp-session.ts";

const url = "http://gateway.lan/mcp";

/** A server whose sessions end after `lives` requests each. It records what it receives. */
function serverOf(lives: number) {
  const received: string[] = [];
  const left = new Map<string, number>();
  const fetch = renewingSession(async (_url, init = {}) => {
    const { method } = JSON.parse(String(init.body)) as { method: string };
    const id = new Headers(init.headers).get("mcp-session-id") ?? undefined;
    received.push(id === undefined ? method : `${method} in ${id}`);
    if (id === undefined) {
      const opened = `s${left.size + 1}`;
      left.set(opened, lives);
      return new Response("{}", { status: 200, headers: { "mcp-session-id": opened } });
    }
    const remaining = left.get(id) ?? 0;
    if (remaining === 0) return new Response("Session not found", { status: 404 });
    left.set(id, remaining - 1);
    return new Response("{}", { status: method.startsWith("notifications/") ? 202 : 200 });
  });
  const send = (method: string, id?: string): Promise<Response> =>
    Promise.resolve(
      fetch(url, {
        method: "POST",
        headers: id === undefined ? {} : { "mcp-session-id": id },
        body: JSON.stringify({ method }),
      }),
    );
  return { received, send };
}

test("a session that lives is used as it is", async () => {
  const { received, send } = serverOf(5);
  await send("initialize");
  await send("notifications/initialized", "s1");
  expect((await send("tools/list", "s1")).status).toBe(200);
  expect(received).toEqual(["initialize", "notifications/initialized in s1", "tools/list in s1"]);
});

test("after 404 a new session is started, and the request and all later ones are sent in it", async () => {
  const { received, send } = serverOf(2);
  await send("initialize");
  await send("notifications/initialized", "s1");
  await send("tools/list", "s1");
  expect((await send("tools/call", "s1")).status).toBe(200);
  expect(received.slice(3)).toEqual([
    "tools/call in s1",
    "initialize",
    "notifications/initialized in s2",
    "tools/call in s2",
  ]);
});

test("a server that loses every session fails after four new ones", async () => {
  const { received, send } = serverOf(0);
  await send("initialize");
  expect((await send("tools/list", "s1")).status).toBe(404);
  expect((await send("tools/list", "s1")).status).toBe(404);
  expect(received.filter((one) => one === "initialize")).toHaveLength(5);
});

test("404 without a session is the answer, and so is 404 for the end of a session", async () => {
  const { received, send } = serverOf(0);
  const none = renewingSession(async () => new Response("", { status: 404 }));
  expect((await none(url, { method: "POST", body: '{"method":"initialize"}' })).status).toBe(404);
  await send("initialize");
  expect(received).toEqual(["initialize"]);
});

test("a session is lost where a later answer no longer names it", () => {
  const exchange = (sent: boolean, answered: boolean): Exchange => ({
    id: "1",
    at: "",
    request: { method: "POST", url, headers: sent ? [["mcp-session-id", "s1"]] : [], body: "" },
    response: {
      status: 200,
      headers: answered ? [["mcp-session-id", "s1"]] : [],
      body: "",
      headAfter: 1,
      endAfter: 1,
    },
    error: undefined,
  });
  expect(losesItsSession([exchange(false, true), exchange(true, false)], url)).toBe(true);
  expect(losesItsSession([exchange(false, true), exchange(true, true)], url)).toBe(false);
  expect(losesItsSession([exchange(false, false), exchange(true, false)], url)).toBe(false);
  expect(losesItsSession([exchange(false, true), exchange(true, false)], `${url}/`)).toBe(false);
});
