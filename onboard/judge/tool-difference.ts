import { isMessage } from "../../helpers/protocol/json-rpc.ts";
import { shortened } from "../protocol/channel.ts";

/** Where two values of one tool differ first, and how. */
export function firstDifference(one: unknown, other: unknown, path: readonly string[] = []): string {
  const where = path.join(".");
  if (one === undefined || other === undefined)
    return path.length === 0 ? "it is listed on one of them only" : `${where} is there on one of them only`;
  if (isMessage(one) && isMessage(other)) {
    const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
    const key = keys.find((each) => JSON.stringify(one[each]) !== JSON.stringify(other[each]));
    return key === undefined ? "the order of its keys" : firstDifference(one[key], other[key], [...path, key]);
  }
  const words = (value: unknown): string => JSON.stringify(value).split(/\W+/).toSorted().join(" ");
  if (words(one) === words(other))
    return `${where} has the same words in another order (an unordered set in its code; of Python, PYTHONHASHSEED: "0" in env keeps the order)`;
  return `${where} was ${shortened(JSON.stringify(one), 80)}, and is ${shortened(JSON.stringify(other), 80)}`;
}
