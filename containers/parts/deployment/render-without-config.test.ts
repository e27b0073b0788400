import { expect, test } from "vitest";
import { readFacts } from "../../../helpers/deployment/facts.ts";
import { writtenFolder } from "../../../helpers/deployment/source/written-folder.ts";
import { leaveOutConfig } from "./render-without-config.ts";

function commandOf(command: string): ReturnType<typeof leaveOutConfig> {
  using deployment = writtenFolder({
    "compose.yaml": `services:
  a: { image: x, command: ${command}, volumes: ["config:/app/config", "/srv/a:/etc/a", "/srv/b.yaml:/etc/b.yaml", "./own.yaml:/own.yaml"] }
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

test.each([
  ["/etc/a/c.yaml", "/srv/a"],
  ["/etc/b.yaml", "/srv/b.yaml"],
])("so is %s, which is elsewhere on the gateway host", (file, source) => {
  expect(commandOf(`[--config, ${file}]`)).toEqual({
    command: [],
    change: expect.objectContaining({
      why: `${source} is not among the deployment's files, and LiteLLM does not start without the file`,
    }),
  });
});

test.each(["[--config, /own.yaml]", "[--port, '4000']"])("%s stays as it is", (command) => {
  expect(commandOf(command)).toBeUndefined();
});
