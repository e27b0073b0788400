import { z } from "zod";
import { listOf, mapping, oneOf, text } from "../source/shape.ts";
import { accessRuleShape } from "./access-shape.ts";
import { authorizationShape } from "./authorization-shape.ts";
import { identityShape } from "./identities.ts";
import type { SecretPlace } from "./types.ts";
import { methods, path, port, status, version } from "./values.ts";

const count = z
  .number({ error: "a number above 0" })
  .int({ error: "a number above 0" })
  .min(1, { error: "a number above 0" });

const secretPlaces = z
  .string({ error: "a place" })
  .refine(
    (location): location is SecretPlace =>
      ["litellm.config", "traefik.labels", "traefik.api"].includes(location) ||
      /^[^.\s]+\.(?:environment|command)$/.test(location),
    {
      error:
        "litellm.config, traefik.labels, traefik.api, <whose>.environment with litellm, upstream, client or a service of compose.yaml, or <service>.command",
    },
  )
  .meta({ title: "place" });

/** The kernel accepts at most 15 bytes, without slashes and spaces. */
const networkInterface = z
  .string({ error: "an interface's name" })
  .regex(/^[^\s/]{1,15}$/, { error: "an interface's name of at most 15 characters" })
  .meta({ title: "interface name" });

const packageName = z
  .string({ error: "a package" })
  .regex(/^(?:npm:(?:@[\w.-]+\/)?[\w.-]+@[\w.+-]+|pypi:[\w.-]+(?:\[[\w,.-]+\])?==[\w.+-]+)$/, {
    error: "a package with its exact version, npm:NAME@VERSION or pypi:NAME==VERSION",
  })
  .meta({ title: "package" });

const partShape = mapping({
  package: packageName.optional().describe("The package that the service is started from."),
  command: listOf(text).optional().describe("With `package`: the command; default: the compose service's."),
  stand_in: oneOf("forward-auth").optional().describe("A stand-in of the suite's own. The report lists it."),
  version: version.optional().describe("The version of the part, for an image tag that names none."),
  left_out: text.optional().describe("Why the service is not part of the run."),
});

/**
 * The shape of policy.yaml. docs/policy.md is generated from it (`npm run docs`): a description says what a key means, a
 * title names a type.
 */
export const policyShape = mapping({
  services: mapping({
    litellm: text.default("litellm").describe("The service that is LiteLLM."),
    traefik: z
      .union([text, z.literal(false)])
      .optional()
      .describe(
        "The service that is Traefik. Default: `traefik`, where there is such a service. A gateway without Traefik is asked directly, " +
          "and so is one whose Traefik stands before other services only: `false`.",
      ),
  })
    .prefault({})
    .describe("Names in `compose.yaml`."),
  env_file: text
    .optional()
    .describe(
      "The file with the variables that `compose.yaml` and LiteLLM use (compose's `--env-file`). Where it is missing, " +
        "its example (`.example`, `.template`, `.sample`, `.dist`, `.tmpl`; of `.env` also `env.example`) is read. Default: `litellm.env`, else `.env`.",
    ),
  compose: listOf(
    mapping({
      project: text.optional().describe("The project's name. Default: as compose derives it."),
      files: listOf(text)
        .min(1, { error: "a list with at least one file" })
        .describe("Its compose files in the order of compose's `-f`, relative to the policy."),
      directory: text
        .optional()
        .describe("Its `--project-directory`, relative to the policy. Default: the folder of its first file."),
      env_file: text.optional().describe("Its `--env-file`. Default: `.env` in its directory."),
      profiles: listOf(text).default([]).describe("Profiles that are on, in addition to `COMPOSE_PROFILES`."),
    }),
  )
    .default([])
    .describe("The compose projects. Default: the files that compose itself finds in the policy's folder."),
  variables: z
    .record(text, z.union([z.string(), z.number(), z.boolean()], { error: "a text" }).transform(String), {
      error: "a mapping",
    })
    .default({})
    .describe(
      "Variables of the shell in which the operator calls compose, e.g. `HOME`. A value that begins with `./` or `../` is a " +
        "path relative to the policy.",
    ),
  files: z
    .record(text, text, { error: "a mapping" })
    .default({})
    .describe(
      "What stands for files and directories of the host that are not in this folder, relative to the policy. Each by its " +
        "absolute path; by one relative to the policy, which begins with `./` or `../`, e.g. `./litellm/.env`; by the name of an " +
        "external config or secret; or by the name of a volume, with a path in it for a part of it, e.g. `config/litellm.yaml`.",
    ),
  parts: z
    .record(text, partShape, { error: "a mapping" })
    .default({})
    .describe(
      "How a compose service is run where its image does not say it: by package, by a stand-in, or not at all.",
    ),
  hosts: listOf(
    mapping({
      name: text.describe("The host name only: no scheme, no port, no path."),
      entry_point: text
        .optional()
        .describe("Traefik's entry point that serves it, e.g. `web`; required where the deployment has a Traefik."),
      scheme: oneOf("http", "https").describe("How clients call it."),
      port: port
        .optional()
        .describe(
          "The port by which clients call it. Default: the scheme's; without Traefik the one that LiteLLM publishes. " +
            "A stated port that nothing publishes is that of a forwarder in front of the entry point.",
        ),
      zone: oneOf("internal", "external").describe(
        "`internal` is reached from the LAN and from Traefik's network, `external` from outside.",
      ),
      access: listOf(accessRuleShape)
        .min(1, { error: "a list with at least one rule" })
        .optional()
        .describe(
          "Who may reach what; the first rule that matches counts. Default: `public` is open, everything else needs a Bearer " +
            "credential.",
        ),
      cors: mapping({
        origins: listOf(text)
          .min(1, { error: "a list with at least one origin" })
          .describe("The origins of the pages, e.g. `https://chat.example`."),
        paths: listOf(path)
          .min(1, { error: "a list with at least one path" })
          .optional()
          .describe(
            "What the pages call: `/mcp/` is that path alone, `/v1/**` every path below it. Default: `mcp.endpoint`.",
          ),
      })
        .optional()
        .describe(
          "Pages of other origins that may call the gateway from a browser: their preflights (OPTIONS) are answered without a " +
            "credential, by Traefik or by LiteLLM. Without it, no page of another origin may.",
        ),
    }),
  )
    .min(1, { error: "a list with at least one host" })
    .describe("The names by which clients call the gateway."),
  authorization: authorizationShape
    .optional()
    .describe("How people and MCP clients log in at an identity provider. Without it, nothing of this is checked."),
  public: listOf(
    mapping({
      path: path.describe("The path only: no pattern, no query, no encoded character, no slash at its end."),
      below: z
        .boolean({ error: "true or false" })
        .default(false)
        .describe("`true` also opens the paths below it (`/ui/…`). A look-alike such as `/uix` is never public."),
      status: z
        .union([status, listOf(status).min(1)], { error: "an HTTP status, or a list of them" })
        .default(200)
        .describe("LiteLLM's own answer to an anonymous GET of the path itself; any of a list is accepted."),
      why: text.describe("Why anyone may read it, for readers of the policy."),
    }),
  )
    .default([])
    .describe("Paths that are open to anyone, on every host. They must not cover `mcp.endpoint` or `mcp.stream`."),
  injected: listOf(
    mapping({
      path: path.describe("The path; not one that `public` opens."),
      hosts: listOf(text)
        .min(1, { error: "a list with at least one host" })
        .describe("The hosts that have the route, each one of `hosts`."),
      methods: listOf(methods)
        .min(1, { error: "a list with at least one method" })
        .default(["GET"])
        .describe("The methods that get the key."),
      secret: text.describe(
        "The injected key: an `api-key` of `secrets` that may be in `traefik.labels` and `traefik.api`.",
      ),
      status: status.default(200).describe("LiteLLM's answer to the accepted key."),
    }),
  )
    .default([])
    .describe("Routes on which Traefik adds a key for callers that have none."),
  refusal: mapping({
    status: z
      .literal([401, 403, 404], { error: "401, 403 or 404" })
      .default(401)
      .describe("The status. A 401 needs a `challenge` (RFC 9110)."),
    challenge: text.optional().describe("The value of `WWW-Authenticate`; with a 401 only."),
  })
    .default({ status: 401, challenge: "Bearer" })
    .describe("The answer to a request without a credential."),
  mcp: mapping({
    endpoint: path.default("/mcp/").describe("The Streamable HTTP endpoint."),
    stream: path.default("/mcp/tools").describe("LiteLLM's stream of heartbeats. It never carries the catalogue."),
    heartbeat_seconds: z
      .number({ error: "a number of seconds" })
      .positive({ error: "a number of seconds" })
      .default(15)
      .describe("The longest time between two heartbeats."),
    call_seconds: z
      .number({ error: "a number of seconds" })
      .positive({ error: "a number of seconds" })
      .default(30)
      .describe("How long a tool may take: such a call must return. The suite waits for it once."),
    budget: mapping({
      tools: count.describe("The most tools."),
      tokens: count.describe("The most tokens; a token is about four characters."),
    })
      .optional()
      .describe(
        "What the catalogue may cost a client that sends all of it with every request. Without it there is no limit.",
      ),
    scoped_keys: listOf(
      mapping({
        secret: text.describe("The key: an `api-key` of `secrets` that may be in `litellm.environment`."),
        path: path.describe("The endpoint that it is meant for, below `mcp.endpoint`, e.g. `/mcp/filesystem`."),
        servers: listOf(text)
          .min(1, { error: "a list with at least one server" })
          .describe("The servers whose tools it sees, each a name of `upstreams`."),
      }),
    )
      .default([])
      .describe("Keys that see and call the tools of some servers only."),
  })
    .prefault({})
    .describe("LiteLLM's MCP endpoints."),
  upstreams: listOf(
    mapping({
      name: text.describe("The key under `mcp_servers` in LiteLLM's config."),
      version: version
        .optional()
        .describe(
          "Version of the package that contains the command; required for a stdio upstream whose command names none.",
        ),
      package: packageName
        .optional()
        .describe("The package that contains the command, where the command does not say it."),
      tools: listOf(text).default([]).describe("The tools that it must offer, by their names without prefix."),
      in: oneOf("config", "database")
        .default("config")
        .describe("Where it is registered; a run registers one of the `database` by LiteLLM's own API."),
      url: text.optional().describe("With `in: database`: its address."),
      transport: oneOf("http", "sse").optional().describe("With `in: database`: its transport (default `http`)."),
      access_groups: listOf(text)
        .default([])
        .describe(
          "With `in: database`: the MCP access groups that it belongs to. Those of LiteLLM's config are read there.",
        ),
      allow_all_keys: z
        .boolean({ error: "true or false" })
        .default(false)
        .describe(
          "`true`: every key may use it. With `in: database` a run registers it so; of a server of LiteLLM's config it says that `allow_all_keys` there is meant. LiteLLM 1.77.1 has no such setting.",
        ),
      stand_in: z
        .boolean({ error: "true or false" })
        .default(false)
        .describe("`true`: a server of the suite's own with these tools takes its place. The report says so."),
      left_out: text.optional().describe("Why it is not part of the run. The report lists it as not proved."),
      database: text
        .optional()
        .describe(
          "Of a Postgres upstream: the variable with its DSN, a `postgres-url` of `secrets`. A run points it at its own Postgres.",
        ),
      directory: path
        .optional()
        .describe(
          "Of a filesystem upstream: the allowed directory in LiteLLM's container. A run puts its canary files there.",
        ),
      example: mapping({
        tool: text.describe("One of its tools, by its name without prefix."),
        arguments: z
          .record(z.string(), z.unknown(), { error: "a mapping" })
          .default({})
          .describe("What the call gives to the tool."),
        contains: text.describe(
          "A text on one line that every result contains, and that is not in the names of the upstream and the tool, nor in the arguments. Without double quotes and backslashes.",
        ),
      })
        .optional()
        .describe(
          "A call that changes nothing, and a text that its result always contains: the checks of clients make it.",
        ),
      lock: text
        .optional()
        .describe("Path of the lock file with its approved catalogue (`npm run onboard`), relative to the policy."),
    }),
  )
    .default([])
    .describe("The MCP servers behind LiteLLM: every server of its config must be listed."),
  identities: listOf(identityShape)
    .default([])
    .describe(
      "Callers with virtual keys and their rights. A run creates them by LiteLLM's own API, where LiteLLM has a database. " +
        "Default: one for each upstream, which is granted that upstream alone.",
    ),
  key_change_seconds: z
    .number({ error: "a number of seconds" })
    .positive({ error: "a number of seconds" })
    .default(60)
    .describe("Within how many seconds a key that is changed, revoked or expired must have lost its old rights."),
  models: listOf(
    mapping({
      name: text.describe("The name that clients use."),
      provider_model: z
        .union([text, listOf(text).min(1)], { error: "a name, or a list of them" })
        .describe(
          "The model's name at the provider, without LiteLLM's prefix: `gpt-5` for `openai/gpt-5`. A list where LiteLLM distributes the requests among several.",
        ),
    }),
  )
    .default([])
    .describe("The models that clients are offered, and no others. Without any, offered models are not checked."),
  clients: listOf(
    mapping({
      name: text.describe("A name for the report."),
      kind: oneOf("codex", "claude", "open-webui").describe(
        "Which program reads the config: Codex (TOML), Claude Code, VS Code or Cursor (JSON), or Open WebUI (env file, or the environment of a service).",
      ),
      config: text
        .optional()
        .describe(
          "Path of its config file, relative to the policy. Without one, a Codex with a `key` gets a config of the suite's own, for the first host that lets it through: of the internal ones, or of all where none is internal.",
        ),
      service: text
        .optional()
        .describe(
          "Of an Open WebUI without `config`: the service of `compose.yaml` that it runs in. Its environment is the config, and the client is on its networks.",
        ),
      key: text
        .optional()
        .describe(
          "Of a Codex without `config`: the name of the secret that it has as its key, for models and for MCP.",
        ),
      model: text
        .optional()
        .describe(
          "Of a Codex without `config`: the model that it asks for. Default: the first name in LiteLLM's config that is not a pattern.",
        ),
      version: version
        .optional()
        .describe(
          "Of Codex: the version under test; the suite's default where it is missing. `CODEX_VERSION` replaces it.",
        ),
      from: oneOf("lan", "traefik-network")
        .optional()
        .describe(
          "Where it runs: on the LAN, or in a container on Traefik's network. It decides where the suite runs Codex. Default: `lan`; not with `service`.",
        ),
    }),
  )
    .default([])
    .describe(
      "Clients whose config files or services are part of the deployment, and a Codex with the suite's own config.",
    ),
  secrets: listOf(
    mapping({
      name: text.describe("The variable's name in the env file, or the compose secret's name."),
      in: oneOf("variable", "compose-secret").default("variable").describe("What the name is a name of."),
      kind: oneOf("api-key", "postgres-url", "salt", "password", "cookie-secret").describe(
        "What it is. A `cookie-secret` has 32 characters. A `postgres-url` keeps all but its password; a `salt` may only be in LiteLLM's environment or config.",
      ),
      may_be_in: listOf(secretPlaces)
        .default([])
        .describe(
          "The only places where it may be seen: `litellm.config`, `traefik.labels`, `traefik.api`, or `….environment` of " +
            "`litellm`, `upstream` (what LiteLLM starts), `client`, or a service of `compose.yaml`, or `….command` of a service.",
        ),
    }),
  )
    .default([])
    .describe("Variables of the env file that hold a secret. A run replaces each by a canary."),
  reach: listOf(
    mapping({
      from: text.describe("`lan`, `outside`, or a service of `compose.yaml`."),
      to: text.describe("`gateway-host`, `lan`, `outside`, or a service of `compose.yaml`."),
      as: text.optional().describe("The name that the source uses; for `gateway-host` one of `hosts`."),
      ports: listOf(port)
        .min(1, { error: "a list with at least one port" })
        .describe("The ports on which the source may connect."),
    }),
  )
    .default([])
    .describe("Traffic that is allowed; all other traffic must be denied. See [reachability](reachability.md)."),
  docker_socket: listOf(text)
    .default([])
    .describe(
      "Services of `compose.yaml` that are meant to have the engine's socket. Traefik and a proxy of the socket need no entry.",
    ),
  firewall: mapping({
    file: text.describe("Path of the nftables file, relative to the policy; loaded unchanged."),
    interfaces: mapping({
      lan: networkInterface.describe("The interface on the LAN."),
      outside: networkInterface.describe("The interface on the outside."),
    }).describe("The gateway host's interfaces, as the file names them."),
    denials: listOf(
      mapping({
        from: oneOf("lan", "outside", "services").describe("The source; each at most once."),
        by: oneOf("refuse", "drop").describe(
          "`refuse`: the source gets a reset or an ICMP message; `drop`: it gets no answer.",
        ),
        counter: text.describe("The named counter in the file that counts the denials."),
      }),
    )
      .min(1, { error: "a list with at least one denial" })
      .describe("How the firewall denies what `reach` does not allow."),
  })
    .optional()
    .describe("The gateway host's own firewall. Without it, the gateway host has none."),
});
