import { expect, test } from "vitest";
import { fileSchema, labelSchema, staticSchema } from "../schema.ts";
import { schemaOfFiles, schemaOfLabels, schemaOfStatic } from "./generate.ts";

test("samples of a reference file become types, placeholders any name, and flags add what the file lacks", () => {
  const file =
    "entryPoints:\n  EntryPoint0: { asDefault: true, trustedIPs: [foobar], timeout: 42s }\n  EntryPoint1: { port: 42 }\n";
  expect(schemaOfStatic([file], ["entrypoints._name_.http", "entrypoints._name_.http.size", "log"])).toEqual({
    type: "object",
    additionalProperties: false,
    properties: {
      log: { type: "string" },
      entrypoints: {
        title: "entryPoints",
        type: "object",
        additionalProperties: {
          type: "object",
          additionalProperties: false,
          properties: {
            asdefault: { title: "asDefault", type: "boolean" },
            trustedips: { title: "trustedIPs", type: "array", items: { type: "string" } },
            timeout: { type: "string", format: "duration" },
            port: { type: "integer" },
            http: { type: "object", properties: { size: { type: "string" } } },
          },
        },
      },
    },
  });
});

const types = `
type Configuration struct {
	Routers map[string]*Router \`json:"routers,omitempty"\`
}
// Router is a router.
type Router struct {
	ext.Router \`yaml:",inline"\`

	EntryPoints []string         \`json:"entryPoints,omitempty"\`
	Priority    int              \`json:"priority,omitempty"\`
	TLS         *TLS             \`json:"tls,omitempty" label:"allowEmpty"\`
	Servers     []Server         \`json:"servers,omitempty" label-slice-as-struct:"server"\`
	Interval    ptypes.Duration  \`json:"interval,omitempty"\`
	Hidden      string           \`json:"hidden,omitempty" label:"-"\`
}
type TLS struct {
	Names Names \`json:"names,omitempty"\`
}
type Names []string
type Server struct {
	Port string \`json:"-"\`
}
`;

test("Go types become the labels that Traefik decodes into them", () => {
  const router = schemaOfLabels([[types]]).properties?.routers?.additionalProperties;
  expect(router).toEqual({
    type: "object",
    additionalProperties: false,
    properties: {
      entrypoints: { title: "entryPoints", type: "array", items: { type: "string" } },
      priority: { type: "integer" },
      tls: {
        type: ["object", "boolean"],
        additionalProperties: false,
        properties: { names: { type: "array", items: { type: "string" } } },
      },
      server: {
        type: "object",
        additionalProperties: false,
        properties: { port: { title: "Port", type: "string" } },
      },
      interval: { type: "string", format: "duration" },
    },
  });
});

test("in a file a list stays a list, and what labels leave out is there", () => {
  const router = schemaOfFiles([[types]]).properties?.routers?.additionalProperties;
  const properties = typeof router === "object" ? router.properties : undefined;
  expect(properties?.servers?.type).toBe("array");
  expect(properties?.hidden).toEqual({ type: "string" });
  expect(properties?.tls?.type).toBe("object");
});

test("the generated files have the sections of Traefik 3", () => {
  expect(Object.keys(staticSchema.properties ?? {})).toEqual(
    expect.arrayContaining(["entrypoints", "providers", "api", "accesslog", "serverstransport"]),
  );
  expect(Object.keys(labelSchema.properties ?? {})).toEqual(["enable", "docker", "swarm", "http", "tcp", "udp", "tls"]);
  expect(Object.keys(fileSchema.properties ?? {})).toEqual(["http", "tcp", "udp", "tls"]);
  expect(Object.keys(fileSchema.properties?.http?.properties ?? {})).toContain("serverstransports");
});
