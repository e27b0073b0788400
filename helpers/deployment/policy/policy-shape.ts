import { z } from "zod";
import { listOf, mapping, oneOf, text } from "../source/shape.ts";
import type { SecretPlace } from "./types.ts";

const status = z
  .number({ error: "an HTTP status" })
  .int({ error: "an HTTP status" })
  .min(100, { error: "an HTTP status" })
  .max(599, { error: "an HTTP status" });
const path = text.startsWith("/", { error: "a path that begins with '/'" });
const port = z
  .number({ error: "a port" })
  .int({ error: "a port" })
  .min(1, { error: "a port" })
  .max(65535, { error: "a port" });

const count = z
  .number({ error: "a number above 0" })
  .int({ error: "a number above 0" })
  .min(1, { error: "a number above 0" });

/** YAML reads `17` as a number; a version is a text. */
const version = z
  .union([z.string(), z.number()], { error: "a version, e.g. 0.3.0" })
  .transform(String)
  .refine((value) => /^\d+(?:\.\d+)*(?:[-.+]?[A-Za-z]\w*)?$/.test(value), { error: "a version, e.g. 0.3.0" });

const secretPlaces = z
  .string({ error: "a place" })
  .refine(
    (location): location is SecretPlace =>
      ["litellm.config", "traefik.labels", "traefik.api"].includes(location) || /^[^.\s]+\.environment$/.test(location),
    {
      error:
        "litellm.config, traefik.labels, traefik.api, or <whose>.environment with litellm, upstream, client or a service of compose.yaml",
    },
  );
const methods = oneOf("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

/** The kernel accepts at most 15 bytes, without slashes and spaces. */
const networkInterface = z.string({ error: "an interface's name" }).regex(/^[^\s/]{1,15}$/, {
  error: "an interface's name of at most 15 characters",
});

/** The shape of policy.yaml. */
export const policyShape = mapping({
  services: mapping({ litellm: text.default("litellm"), traefik: text.default("traefik") }).prefault({}),
  env_file: text.default("litellm.env"),
  hosts: listOf(
    mapping({
      name: text,
      entry_point: text,
      scheme: oneOf("http", "https"),
      zone: oneOf("internal", "external"),
    }),
  ).min(1, { error: "a list with at least one host" }),
  public: listOf(
    mapping({
      path,
      below: z.boolean({ error: "true or false" }).default(false),
      status: z.union([status, listOf(status).min(1)], { error: "an HTTP status, or a list of them" }).default(200),
      why: text,
    }),
  ).default([]),
  injected: listOf(
    mapping({
      path,
      hosts: listOf(text).min(1, { error: "a list with at least one host" }),
      methods: listOf(methods).min(1, { error: "a list with at least one method" }).default(["GET"]),
      secret: text,
      status: status.default(200),
    }),
  ).default([]),
  refusal: mapping({
    status: z.literal([401, 403, 404], { error: "401, 403 or 404" }).default(401),
    challenge: text.optional(),
  }).default({ status: 401, challenge: "Bearer" }),
  mcp: mapping({
    endpoint: path.default("/mcp/"),
    stream: path.default("/mcp/tools"),
    heartbeat_seconds: z
      .number({ error: "a number of seconds" })
      .positive({ error: "a number of seconds" })
      .default(15),
    budget: mapping({ tools: count, tokens: count }).optional(),
    scoped_keys: listOf(
      mapping({ secret: text, path, servers: listOf(text).min(1, { error: "a list with at least one server" }) }),
    ).default([]),
  }).prefault({}),
  upstreams: listOf(
    mapping({
      name: text,
      version: version.optional(),
      tools: listOf(text).min(1, { error: "a list with at least one tool" }),
      database: text.optional(),
      directory: path.optional(),
    }),
  ).min(1, { error: "a list with at least one upstream" }),
  models: listOf(mapping({ name: text, provider_model: text })).default([]),
  clients: listOf(
    mapping({
      name: text,
      kind: oneOf("codex", "claude", "open-webui"),
      config: text,
      version: version.optional(),
      from: oneOf("lan", "traefik-network").default("lan"),
    }),
  ).default([]),
  secrets: listOf(
    mapping({
      name: text,
      kind: oneOf("api-key", "postgres-url", "salt", "password"),
      may_be_in: listOf(secretPlaces).default([]),
    }),
  ).default([]),
  reach: listOf(
    mapping({
      from: text,
      to: text,
      as: text.optional(),
      ports: listOf(port).min(1, { error: "a list with at least one port" }),
    }),
  ).default([]),
  firewall: mapping({
    file: text,
    interfaces: mapping({ lan: networkInterface, outside: networkInterface }),
    denials: listOf(
      mapping({ from: oneOf("lan", "outside", "services"), by: oneOf("refuse", "drop"), counter: text }),
    ).min(1, { error: "a list with at least one denial" }),
  }).optional(),
});
