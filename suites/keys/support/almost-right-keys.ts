import { createHash } from "node:crypto";

/** A key that differs a little from a right one, and how. */
export interface AlmostRightKey {
  how: string;
  key: string;
}

/** How much of a key a careless comparison looks at, in characters. */
const comparedLength = 12;

/**
 * Keys that differ from a right one so little that a comparison of a part of it accepts them.
 *
 * @param right the key, and the hash by which LiteLLM stores it
 * @param other another right key
 */
export function almostRightKeys({ key, token }: { key: string; token: string }, other: string): AlmostRightKey[] {
  const middle = Math.floor(key.length / 2);
  const all: AlmostRightKey[] = [
    { how: "without its last character", key: key.slice(0, -1) },
    { how: "without its first character", key: key.slice(1) },
    { how: "with a character more", key: `${key}0` },
    { how: "with a character before", key: `0${key}` },
    { how: "with another last character", key: replaceAt(key, key.length - 1) },
    { how: "with another character in the middle", key: replaceAt(key, middle) },
    { how: "with another character after sk-", key: replaceAt(key, 3) },
    { how: "in upper case", key: key.toUpperCase() },
    { how: "in lower case", key: key.toLowerCase() },
    { how: `its first ${comparedLength} characters`, key: key.slice(0, comparedLength) },
    { how: `its last ${comparedLength} characters`, key: `sk-${key.slice(-comparedLength)}` },
    { how: "twice", key: key + key },
    { how: "with a space inside", key: `${key.slice(0, middle)} ${key.slice(middle)}` },
    { how: "in quotes", key: `"${key}"` },
    { how: "its hash", key: token },
    { how: "the hash of its text", key: createHash("sha256").update(key).digest("hex") },
    { how: "with another key's beginning", key: other.slice(0, comparedLength) + key.slice(comparedLength) },
  ];
  // A change that changes nothing would be the right key.
  return all.filter((one) => one.key !== key && one.key !== other);
}

/** Another letter, and not only in another case: that would be another fault. */
function replaceAt(key: string, index: number): string {
  return key.slice(0, index) + (key[index]?.toLowerCase() === "x" ? "y" : "x") + key.slice(index + 1);
}
