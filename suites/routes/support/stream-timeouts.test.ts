import { expect, test } from "vitest";
import { endShownAfter, metTimeout, type StreamTimeout } from "./stream-timeouts.ts";

const location = { file: "/d/compose.yaml", line: 20 };

function timeout(kind: "readTimeout" | "writeTimeout" | "idleTimeout", seconds: number, written = true): StreamTimeout {
  const name = `entryPoints.web.transport.respondingTimeouts.${kind}`;
  return { name, seconds, location: written ? location : undefined };
}

const byDefault = timeout("readTimeout", 60, false);

test.each([
  {
    what: "the write time-out, not Traefik's default",
    timeouts: [byDefault, timeout("writeTimeout", 60)],
    met: "write",
  },
  {
    what: "the write time-out, not the read time-out of the same length",
    timeouts: [timeout("readTimeout", 60), timeout("writeTimeout", 60)],
    met: "write",
  },
  { what: "the longer one", timeouts: [timeout("writeTimeout", 50), timeout("idleTimeout", 60)], met: "idle" },
  { what: "a default, where nothing else is as long", timeouts: [byDefault, timeout("writeTimeout", 20)], met: "read" },
])("a stream that ends after 60 s met $what", ({ timeouts, met }) => {
  expect(metTimeout(timeouts, 60, 15)?.name).toMatch(new RegExp(`\\.${met}Timeout$`));
});

test("a stream that ends long before or after every time-out met none of them", () => {
  expect(metTimeout([byDefault, timeout("writeTimeout", 10)], 40, 15)).toBeUndefined();
});

test("a write time-out shows with the next heartbeat, the others at once", () => {
  expect([timeout("writeTimeout", 60), byDefault].map((one) => endShownAfter(one, 15))).toEqual([75, 60]);
});
