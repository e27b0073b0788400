import { expect, test } from "vitest";
import { whyForged } from "./forged-identity.ts";

test.for(["Remote-User", "REMOTE-USER", "remote-user"])("%s is the header itself: it is not listed", (spelling) => {
  const found = whyForged("Remote-User", spelling);
  expect(found.cause).toContain("authResponseHeaders lacks Remote-User");
  expect(found.fix).toBe("add Remote-User to authResponseHeaders");
});

test.for(["Remote_User", "remote_user"])("%s is another header, which is dropped by its own name", (spelling) => {
  const found = whyForged("Remote-User", spelling);
  expect(found.cause).toContain("read '_' as '-'");
  expect(found.fix).toContain(`customRequestHeaders.${spelling}: ""`);
});
