import { expect, test } from "vitest";
import { labelSchema, staticSchema } from "../schema.ts";
import { schemaOfFiles, schemaOfLabels } from "./generate.ts";

const file = `http:
  routers:
    Router0:
      entryPoints: [foobar, foobar]
      tls:
        options: foobar
    Router1:
      priority: 42
  services:
    Service0:
      loadBalancer:
        healthCheck: { interval: 42s }
      weighted: {}
`;

test("samples become types, placeholders become any name", () => {
  const { properties } = schemaOfFiles([file]);
  expect(properties?.http?.properties?.routers?.additionalProperties).toEqual({
    type: "object",
    additionalProperties: false,
    properties: {
      entrypoints: { title: "entryPoints", type: "array", items: { type: "string" } },
      tls: { type: "object", additionalProperties: false, properties: { options: { type: "string" } } },
      priority: { type: "integer" },
    },
  });
});

test("labels add options of their own, and leave out what no label sets", () => {
  const labels =
    '- "traefik.http.routers.router0.tls=true"\n- "traefik.http.services.service0.loadbalancer.server.port=foobar"\n';
  const { properties } = schemaOfLabels(schemaOfFiles([file]), [labels]);
  const { routers, services } = properties?.http?.properties ?? {};
  expect(routers?.additionalProperties).toMatchObject({ properties: { tls: { type: ["object", "boolean"] } } });
  expect(routers?.additionalProperties).not.toHaveProperty("properties.priority");
  expect(services?.additionalProperties).toMatchObject({
    properties: { loadbalancer: { properties: { server: { properties: { port: { type: "string" } } } } } },
  });
  expect(services?.additionalProperties).not.toHaveProperty("properties.weighted");
});

test("the generated files have the sections of Traefik 3", () => {
  expect(Object.keys(staticSchema.properties ?? {})).toEqual(
    expect.arrayContaining(["entrypoints", "providers", "api", "accesslog", "serverstransport"]),
  );
  expect(Object.keys(labelSchema.properties ?? {})).toEqual(["enable", "docker", "http", "tcp", "udp", "tls"]);
});
