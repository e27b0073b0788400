import { expect, test } from "vitest";
import { FaultList } from "../../source/fault-list.ts";
import { smallDeployment } from "../small-deployment.ts";
import { reportComposeTemplates } from "./compose-templates.ts";

const litellm = "services: { litellm: { image: '{{ litellm_image }}' } }\n";
const photos = "services: { photos: { image: '{{ photos_image }}' } }\n";

test.each([
  [
    "the one with LiteLLM",
    { "ai/docker-compose.yml.j2": litellm, "photos/compose.yaml.j2": photos },
    ["docker-compose.yml"],
  ],
  [
    "all where none names LiteLLM",
    { "a/compose.yaml.tmpl": photos, "b/compose.prod.yml.jinja2": photos },
    ["compose.yaml", "compose.prod.yml"],
  ],
  ["none of other files", { "litellm.yaml.j2": litellm, "config.yaml": "model_list: []\n" }, []],
])("of templates of compose files are reported: %s", (_, files, expected) => {
  using deployment = smallDeployment(files);
  const faults = new FaultList();
  reportComposeTemplates(deployment.folder, faults);
  expect(faults.faults.map(({ fix }) => /write the result as (\S+),/.exec(fix)?.[1])).toEqual(expected);
});
