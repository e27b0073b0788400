import { expect, test } from "vitest";
import { serverEnvironment } from "./postgres.ts";

test("psql in the container of a server finds it at whatever port it listens", () => {
  const first = { user: "app", password: "pw", name: "app" };
  expect(serverEnvironment(first, "6543")).toMatchObject({ POSTGRES_USER: "app", PGPORT: "6543" });
});
