import { deadlines, within } from "../../../helpers/core/deadlines.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";

/** How long the answers are waited for, in milliseconds. */
interface Patience {
  /** For the first one alone. */
  alone: number;
  /** For both. */
  together: number;
}

/**
 * Asks once more where no answer comes, and takes the answer that comes first. The second request does not wait for the end of the
 * first: one that was lost takes no more time than one that is slow.
 *
 * @param ask sends the request, and records a missing answer as the exchange's `error`
 * @param patience default: one MCP request, and an upstream that never answers
 * @returns the last exchange where neither is answered
 */
export async function askTwice(
  ask: (deadline: number) => Promise<Exchange>,
  { alone, together }: Patience = { alone: deadlines.mcpRequest, together: deadlines.silentUpstream },
): Promise<Exchange> {
  const first = ask(together);
  const began = performance.now();
  const early = await within("the request is answered", alone, first).catch(() => undefined);
  if (early?.response !== undefined) return early;
  const left = together - (performance.now() - began);
  const second = ask(early === undefined ? left : together);
  const answered = [first, second].map(async (one) => {
    const exchange = await one;
    if (exchange.response === undefined) throw new Error("no answer");
    return exchange;
  });
  return await Promise.any(answered).catch(() => second);
}
