import { createHmac, randomBytes } from "node:crypto";
import { request } from "undici";
import { HttpChannel } from "../protocol/http-channel.ts";
import { initializeParams } from "./catalogue.ts";
import type { HttpAnswers } from "./observations.ts";

/** Asks a server that listens on a port what its users never should be able to do. */
export async function askOverHttp(
  { url, token }: { url: string; token: string | undefined },
  deadline: number,
): Promise<HttpAnswers> {
  const own: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const status = (headers: Record<string, string>): Promise<number | undefined> => initialize(url, headers, deadline);
  const wrong = token === undefined ? [] : wrongTokens();
  const tokens = await Promise.all(wrong.map(async ([kind, headers]) => [kind, await status(headers)] as const));
  return {
    foreignHost: await status({ ...own, host: "attacker.example" }),
    foreignOrigin: await status({ ...own, origin: "https://attacker.example" }),
    tokens: new Map(tokens),
    stolenSession: token === undefined ? undefined : await askWithStolenSession(url, own, deadline),
  };
}

/** Headers that no server may accept, by what is wrong with them. */
function wrongTokens(): [string, Record<string, string>][] {
  const now = Math.floor(Date.now() / 1000);
  const token = (claims: object): Record<string, string> => ({
    authorization: `Bearer ${foreignToken({ sub: "canary", exp: now + 600, ...claims })}`,
  });
  return [
    ["missing", {}],
    ["unknown", { authorization: `Bearer ${randomBytes(16).toString("hex")}` }],
    ["expired", token({ exp: now - 600 })],
    ["wrong audience", token({ aud: "https://other.example" })],
    ["wrong issuer", token({ iss: "https://issuer.example" })],
  ];
}

/** A JWT that is signed with a key which no server knows. */
function foreignToken(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const content = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${content}.${createHmac("sha256", randomBytes(32)).update(content).digest("base64url")}`;
}

async function initialize(
  url: string,
  headers: Readonly<Record<string, string>>,
  deadline: number,
): Promise<number | undefined> {
  try {
    const response = await request(url, {
      method: "POST",
      headers: { accept: "application/json, text/event-stream", "content-type": "application/json", ...headers },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: initializeParams() }),
      signal: AbortSignal.timeout(deadline),
    });
    response.body.on("error", () => {}).destroy();
    return response.statusCode;
  } catch {
    return undefined;
  }
}

async function askWithStolenSession(
  url: string,
  own: Readonly<Record<string, string>>,
  deadline: number,
): Promise<number | undefined> {
  const owner = new HttpChannel(url, own);
  await owner.ask("initialize", initializeParams(), deadline);
  await owner.notify("notifications/initialized");
  const { session } = owner;
  if (session === undefined) return undefined;
  const thief = new HttpChannel(url, { authorization: `Bearer ${randomBytes(16).toString("hex")}` });
  thief.session = session;
  const answer = await thief.ask("tools/list", {}, deadline);
  await owner.close();
  return answer.kind === "refused" ? answer.status : answer.kind === "result" ? 200 : undefined;
}
