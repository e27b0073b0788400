import { expect, test } from "vitest";
import { SwitchedListings } from "./listing-states.ts";

const stays = new AbortController().signal;

test("a refused listing is counted", async () => {
  const listings = new SwitchedListings("refuses");
  expect(await listings.admit(stays)).toBe(false);
  expect(listings.now).toEqual({ state: "refuses", refused: 1, held: 0 });
  listings.set("answers");
  expect(await listings.admit(stays)).toBe(true);
});

test("a held listing waits for the next state, and ends as that says", async () => {
  const listings = new SwitchedListings("holds");
  const [one, other] = [listings.admit(stays), listings.admit(stays)];
  expect(listings.now.held).toBe(2);
  listings.set("answers");
  expect(await Promise.all([one, other])).toEqual([true, true]);
  expect(listings.now).toEqual({ state: "answers", refused: 0, held: 0 });
});

test("a held listing is forgotten when its client leaves", async () => {
  const listings = new SwitchedListings("holds");
  const client = new AbortController();
  const one = listings.admit(client.signal);
  client.abort();
  await one;
  expect(listings.now.held).toBe(0);
});
