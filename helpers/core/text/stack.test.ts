import { expect, test } from "vitest";
import { withoutStack } from "./stack.ts";

test.each([
  [
    "Python",
    `INFO starting
       in a mode
Traceback (most recent call last):
  File "/opt/server/main.py", line 10, in <module>
    sys.exit(main())
             ~~~~^^
ValueError: no database
  DATABASE_URI is missing
`,
    "INFO starting\n       in a mode\nValueError: no database\n  DATABASE_URI is missing",
  ],
  [
    "Node.js",
    `Error accessing directory /data: Error: ENOENT: no such file
    at async Object.stat (node:internal/fs/promises:1743:18)
    at async Promise.all (index 1)
    at async file:///opt/server/index.js:41:1 {
  errno: -2,
  path: '/data'
}
Node.js v24`,
    "Error accessing directory /data: Error: ENOENT: no such file\nNode.js v24",
  ],
  ["no stack", "one\n  two\n}", "one\n  two\n}"],
])("%s: the message stays", (_, text, message) => {
  expect(withoutStack(text)).toBe(message);
});
