import { basename } from "node:path";
import { expect, test } from "vitest";
import { smallDeployment } from "../small-deployment.ts";
import { unreadCompose } from "./unread-compose.ts";

test("a compose file with broken YAML is named once, with its line", () => {
  using deployment = smallDeployment({
    "traefik/docker-compose.yml": "services:\n  traefik:\n    environment: [A=${B}]\n    networks: [a: b: c]\n",
    "litellm/compose.yaml": "services: { litellm: { image: litellm } }\n",
    "litellm/config.yaml": "a: [b: c: d]\n",
  });
  expect(
    unreadCompose(deployment.folder).map(({ file, line, what }) => [basename(file), line, what.slice(0, 11)]),
  ).toEqual([["docker-compose.yml", 3, "broken YAML"]]);
});
