import { expect, test } from "vitest";
import { SourceFile } from "../../source/source-file.ts";
import { renderTemplate, renderText, TemplateError } from "./render-template.ts";

const environment = new Map([
  ["DOMAIN", "example.dev"],
  ["HOSTS", "a.lan, b.lan"],
]);

function rendered(text: string): string {
  return renderTemplate(new SourceFile("/f.yml", text), environment).text;
}

// Each result was printed by Go's text/template with sprig 3.
test.each([
  ['{{ env "DOMAIN" }}', "example.dev"],
  ['{{env "NONE" | default "x.lan"}}', "x.lan"],
  ['{{ if eq (env "DOMAIN") "example.dev" }}yes{{ else }}no{{ end }}', "yes"],
  ['{{ if not (env "NONE") }}a{{ else if true }}b{{ end }}', "a"],
  [
    '{{ $d := env "DOMAIN" }}Host(`{{ $d }}`) || Host(`www.{{ $d }}`)',
    "Host(`example.dev`) || Host(`www.example.dev`)",
  ],
  ['{{ range $i, $h := splitList "," (env "HOSTS") }}{{ $i }}={{ trim $h }};{{ end }}', "0=a.lan;1=b.lan;"],
  ["{{ range until 3 }}{{ . }}{{ end }}", "012"],
  ["a:\n  {{- /* nothing */ -}}\n  b", "a:b"],
  ['{{ printf "%s-%d" (env "DOMAIN") 3 | upper | quote }}', '"EXAMPLE.DEV-3"'],
  ['{{ with env "DOMAIN" }}[{{ . }}]{{ end }}', "[example.dev]"],
  ['{{ join "," (list "a" "b") }}', "a,b"],
  ['{{`{{`}} {{ "}" }}', "{{ }"],
])("%s", (text, expected) => {
  expect(rendered(text)).toBe(expected);
});

test("a default rule knows the container's name and labels", () => {
  const data = { Name: "litellm-ai", ContainerName: "litellm", Labels: { "my.host": "x" } };
  expect(renderText('Host(`{{ normalize .Name }}.{{ index .Labels "my.host" }}`)', data)).toBe("Host(`litellm-ai.x`)");
});

test("what the suite does not render is named with its place", () => {
  const text = 'a: 1\nb: {{ genPrivateKey "rsa" }}\n';
  const render = (): string => rendered(text);
  expect(render).toThrow(TemplateError);
  expect(render).toThrow("the function 'genPrivateKey'");
  expect(() => rendered("{{ if true }}x")).toThrow("'if' has no end");
});

test("a rendered line is the template's, also after lines that are left out or repeated", () => {
  const file = renderTemplate(
    new SourceFile("/f.yml", 'one: 1\n{{ range until 2 }}\ntwo: 2\n{{ end }}\nthree: {{ env "DOMAIN" }}\n'),
    environment,
  );
  expect(file.lineAt(file.text.lastIndexOf("two"))).toBe(3);
  expect(file.lineAt(file.text.indexOf("three"))).toBe(5);
  expect(file.lineAt(file.text.indexOf("example.dev"))).toBe(5);
});
