import { z } from "zod";
import { port } from "../../helpers/deployment/policy/values.ts";
import { readNpmSpec, readPypiSpec } from "../../helpers/deployment/services/package-spec.ts";
import { listOf, mapping, text } from "../../helpers/deployment/source/shape.ts";
import { itemNumbers } from "../judge/items.ts";

const packageForm = "npm:NAME@VERSION or pypi:NAME==VERSION";

/** A package in its registry, e.g. `pypi:prometheus-mcp-server==1.6.2`. */
const packageSpec = text.transform((written, context) => {
  const [, ecosystem, rest = ""] = /^(npm|pypi):(.+)$/.exec(written) ?? [];
  const spec = ecosystem === "npm" ? readNpmSpec(rest) : ecosystem === "pypi" ? readPypiSpec(rest) : undefined;
  if (spec !== undefined) return spec;
  context.addIssue({ code: "custom", message: `a package as ${packageForm}` });
  return z.NEVER;
});

const scalar = z.union([z.string(), z.number(), z.boolean()], { error: "a text" }).transform(String);
const variables = z.record(z.string(), scalar, { error: "a mapping of variables" });
const variableName = text.regex(/^[A-Za-z_]\w*$/, { error: "the name of a variable" });
const words = listOf(scalar);
const atLeastOne = (what: string) => z.number({ error: what }).int({ error: what }).min(1, { error: what });

/** The licences that are allowed where a candidate file names none: permissive ones. */
const permissive = ["MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "0BSD", "PostgreSQL", "MPL-2.0"];

const hostForm = "a host and a port, e.g. api.example.com:443";

/** The form of a candidate file. docs/onboarding.md describes each key. */
export const candidateShape = mapping({
  name: text.regex(/^[a-z][a-z0-9_]*$/, {
    error: "a name of lower-case letters, digits and '_' that begins with a letter (LiteLLM refuses '-')",
  }),
  deployment: text.optional(),
  source: text.startsWith("https://", { error: "an address that begins with https://" }).optional(),
  server: mapping({
    package: packageSpec.optional(),
    with: listOf(packageSpec).default([]),
    debian: listOf(text).default([]),
    image: text.optional(),
    command: z.union([text.transform((word) => [word]), words], { error: "a command" }).optional(),
    args: words.default([]),
    listens: mapping({
      port,
      path: text.startsWith("/", { error: "a path that begins with '/'" }).default("/mcp"),
      token: variableName.optional(),
    }).optional(),
  }),
  licences: listOf(text).default(permissive),
  env: variables.default({}),
  unset_env: listOf(variableName).default([]),
  secrets: listOf(
    z.union(
      [
        variableName.transform((name) => ({ name, from: undefined })),
        mapping({ name: variableName, from: variableName.optional() }),
      ],
      { error: "the name of a variable, or name: and from:" },
    ),
  ).default([]),
  needs: listOf(
    mapping({
      name: text.regex(/^[a-z][a-z0-9-]*$/, { error: "a host name" }),
      debian: listOf(text).optional(),
      postgres: z.literal(true, { error: "true" }).optional(),
      package: packageSpec.optional(),
      image: text.optional(),
      command: words.optional(),
      env: variables.default({}),
      files: z.record(z.string(), z.string({ error: "a text" }), { error: "a mapping of paths" }).default({}),
      ready: words.optional(),
      state: words.optional(),
    }),
  ).default([]),
  hosts: listOf(
    text
      .regex(/^[\w.-]+:\d+$/, { error: hostForm })
      .refine((host) => port.safeParse(Number(host.split(":")[1])).success, { error: hostForm }),
  ).default([]),
  tools: mapping({ expected: listOf(text).optional(), changes_state: listOf(text).default([]) }).default({
    changes_state: [],
  }),
  calls: listOf(
    mapping({
      tool: text,
      arguments: z.record(z.string(), z.unknown(), { error: "a mapping" }).default({}),
      contains: z.union([text.transform((one) => [one]), listOf(text)], { error: "a text" }).default([]),
      fails: z.boolean({ error: "true or false" }).default(false),
    }),
  ).default([]),
  refused: listOf(mapping({ part: text, run: words, why: text })).default([]),
  budget: mapping({
    tools: atLeastOne("a number of tools, at least 1").default(20),
    tokens: atLeastOne("a number of tokens, at least 1").default(6000),
    latency_ms: atLeastOne("a whole number of milliseconds, at least 1").default(10_000),
    result_bytes: atLeastOne("a number of bytes, at least 1").default(262_144),
  }).default({ tools: 20, tokens: 6000, latency_ms: 10_000, result_bytes: 262_144 }),
  conditions: listOf(
    mapping({
      item: z.union(
        itemNumbers.map((number) => z.literal(number)),
        { error: "the number of an item, 1 to 31" },
      ),
      because: text,
      until: text.regex(/^\d{4}-\d{2}-\d{2}$/, { error: "a date, e.g. 2027-06-30" }),
    }),
  ).default([]),
  limits: mapping({
    memory_mb: atLeastOne("a whole number of megabytes, at least 1").default(512),
    processes: atLeastOne("a number of processes, at least 1").default(128),
    disk_mb: atLeastOne("a whole number of megabytes, at least 1").default(64),
    seconds: atLeastOne("a whole number of seconds, at least 1").default(180),
    start_seconds: atLeastOne("a whole number of seconds, at least 1").default(30),
  }).default({ memory_mb: 512, processes: 128, disk_mb: 64, seconds: 180, start_seconds: 30 }),
});
