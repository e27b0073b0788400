import { join } from "node:path";
import { expect, test } from "vitest";
import { FaultList } from "../../source/fault-list.ts";
import { smallDeployment } from "../small-deployment.ts";
import { namingTemplates, reportComposeTemplates } from "./compose-templates.ts";

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

test("of a folder whose compose files lack LiteLLM, only its templates are reported", () => {
  using deployment = smallDeployment({ "photos/compose.yaml.j2": photos });
  const faults = new FaultList();
  reportComposeTemplates(deployment.folder, faults, true);
  expect(faults.faults).toEqual([]);
});

test.each([
  ["{% if ai %}", "services:\n{% if ai %}\n  litellm: { image: litellm }\n{% endif %}\n", 2],
  ["image: {{ image }}", "services:\n  litellm:\n    image: {{ image }}\n", 3],
  ['image: "litellm:{{ tag }}"', 'services:\n  litellm:\n    image: "litellm:{{ tag }}"\n', 3],
  ["nothing", "services: { a: { logging: { options: { tag: '{{.Name}}' } } } }\n", undefined],
  ["nothing", "services: { a: { labels: ['caddy.reverse_proxy={{upstreams 4000}}'] } }\n", undefined],
])("the faults of a compose file with %s are one", (mark, text, line) => {
  using deployment = smallDeployment({ "compose.yaml": text });
  const file = join(deployment.folder, "compose.yaml");
  const refused = [1, 2].map((at) => ({ file, line: at, what: "is refused", fix: "fix it" }));
  const elsewhere = { file: join(deployment.folder, "other.yaml"), what: "is missing", fix: "write it" };
  const [first, ...others] = namingTemplates([...refused, elsewhere]);
  if (line === undefined) expect([first, ...others]).toEqual([...refused, elsewhere]);
  else {
    expect(first).toMatchObject({ file, line, what: expect.stringContaining(`is a template: '${mark}'`) });
    expect(others).toEqual([elsewhere]);
  }
});
