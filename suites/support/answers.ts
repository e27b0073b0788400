import type { Exchange } from "../../helpers/protocol/exchange.ts";

/** Who answered, as a failure's `actual` says it: `401 from Traefik`, or `no response`. */
export function answerFrom(source: "Traefik" | "LiteLLM", { response }: Exchange): string {
  return response === undefined ? "no response" : `${response.status} from ${source}`;
}

/** The status of an answer as a failure's `actual` says it: `401`, or `no response`. */
export function statusOf({ response }: Exchange): string {
  return response === undefined ? "no response" : String(response.status);
}
