import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { smallDeployment } from "../infer/small-deployment.ts";
import { imageServerPort } from "./image-server.ts";

const postgres = "image: pgvector/pgvector:pg18";
const redis = "image: redis:7-alpine";
const wrapped =
  "sed -e s/A/B/ /seed.sql > /init.sql && \\\\\\n  exec docker-entrypoint.sh postgres -c max_connections=200";
const job = `psql -h pg -U postgres -d postgres -c 'select 1' | grep -q 1 || createdb postgres`;

test.each([
  [postgres, 5432],
  [`${postgres}, command: [-c, max_connections=200]`, 5432],
  [`${postgres}, command: postgres -c shared_preload_libraries=vector`, 5432],
  [`${postgres}, entrypoint: [bash, -c, "${wrapped}"]`, 5432],
  [`${postgres}, entrypoint: [tini, --, docker-entrypoint.sh], command: [-c, fsync=off]`, 5432],
  [`${postgres}, command: [sh, -c, "${job}"]`, undefined],
  [`${postgres}, command: psql -h pg -d postgres -f /provision.sql`, undefined],
  [`${postgres}, entrypoint: [docker-entrypoint.sh, sh, -c, "pg_dump postgres"]`, undefined],
  [`${postgres}, entrypoint: [sh, /init.sh]`, undefined],
  [`${redis}, command: [/usr/local/etc/redis/redis.conf]`, 6379],
  [`${redis}, command: [sh, -c, "redis-server --requirepass x"]`, 6379],
  [`${redis}, command: [gosu, redis, redis-server]`, 6379],
  [`${redis}, command: [sh, -c, "if test -f /c; then exec redis-server /c; fi"]`, 6379],
  [`${redis}, command: redis-cli -h redis ping`, undefined],
  [`image: ghost:5`, undefined],
])("the server in { %s } listens on %s", (lines, port) => {
  using deployment = smallDeployment({ "compose.yaml": `services: { one: { ${lines} } }\n` });
  const service = readFacts(deployment.folder).compose?.services.get("one");
  if (service === undefined) throw new Error("the service is missing");
  expect(imageServerPort(service)).toBe(port);
});
