import { expect, test } from "vitest";
import { readFacts } from "../../../helpers/deployment/facts.ts";
import { writtenFolder } from "../../../helpers/deployment/source/written-folder.ts";
import { leaveOutConfig } from "./render-without-config.ts";

function commandOf(command: string): ReturnType<typeof leaveOutConfig> {
  using deployment = writtenFolder({
    "compose.yaml": `services:
  a: { image: x, command: ${command}, volumes: ["config:/app/config", "/srv/a:/etc/a", "./own.yaml:/own.yaml"] }
volumes: { config: {} }
`,
    "own.yaml": "",
  });
  const service = readFacts(deployment.folder).compose?.services.get("a");
  if (service === undefined) throw new Error("the service could not be read");
  return leaveOutConfig(service, service.command);
}

test.each([
  ["[--config, /app/config/c.yaml, --port, '4000']", ["--port", "4000"]],
  ["[--port, '4000', --config=config/c.yaml]", ["--port", "4000"]],
])("a config in a volume is left out of %s, and listed", (command, left) => {
  const out = commandOf(command);
  expect(out?.command).toEqual(left);
  expect(out?.change).toMatchObject({ what: "left out --config /app/config/c.yaml" });
});

test("so is one in a directory of the gateway host", () => {
  expect(commandOf("[--config, /etc/a/c.yaml]")).toEqual({
    command: [],
    change: expect.objectContaining({ why: expect.stringMatching(/^the directory '\/srv\/a' is empty in the run/) }),
  });
});

test.each(["[--config, /own.yaml]", "[--port, '4000']"])("%s stays as it is", (command) => {
  expect(commandOf(command)).toBeUndefined();
});
