import { describe } from "vitest";
import { type Broken, compose, type Noted, testFaults, testNotes } from "./broken-deployment.ts";

const router = "traefik.http.routers.litellm-bearer";

/** What Traefik refuses at its start. */
const broken: Broken[] = [
  {
    name: "an unknown option of Traefik",
    patches: [compose("--accessLog=true", "--accesLog=true")],
    file: "compose.yaml",
    at: "--accesLog",
    what: /unknown option '--accesLog'/,
    fix: /write 'accessLog'/,
  },
  {
    name: "a static file whose mount is missing",
    patches: [
      compose("--accessLog=true", "--configFile=/etc/traefik.yml"),
      compose(
        "      - /var/run/docker.sock:/var/run/docker.sock:ro\n",
        "      - /var/run/docker.sock:/var/run/docker.sock:ro\n      - ./traefik/traefik.yml:/etc/traefik.yml:ro\n",
      ),
    ],
    file: "compose.yaml",
    at: "./traefik/traefik.yml",
    what: /static file '\/etc\/traefik\.yml' is mounted from '\.\/traefik\/traefik\.yml', which is missing/,
    fix: /write the file, or add '\.\/traefik\/traefik\.yml: \.\/COPY'/,
  },
  {
    name: "an unknown option of an entry point",
    patches: [
      compose(
        "      - --accessLog=true",
        "      - --accessLog=true\n      - --entryPoints.web.forwardHeaders.insecure=true",
      ),
    ],
    file: "compose.yaml",
    at: "forwardHeaders",
    what: /unknown option/,
    fix: /write 'forwardedHeaders'/,
  },
  {
    name: "an unknown option deep in a section",
    patches: [
      compose(
        "--entryPoints.web.address=:80",
        "--entryPoints.web.address=:80\n      - --entryPoints.web.http.maxHeaderByte=1",
      ),
    ],
    file: "compose.yaml",
    at: "maxHeaderByte",
    what: /unknown option '--entryPoints\.web\.http\.maxHeaderByte' of Traefik/,
    fix: /write 'maxHeaderBytes'/,
  },
  {
    name: "a switch that is neither true nor false",
    patches: [compose("--accessLog=true", "--api.insecure=maybe")],
    file: "compose.yaml",
    at: "--api.insecure=maybe",
    what: /option '--api\.insecure' is neither true nor false/,
    fix: /true or false/,
  },
  {
    name: "an address without a port",
    patches: [compose("--entryPoints.web.address=:80", "--entryPoints.web.address=localhost")],
    file: "compose.yaml",
    at: "--entryPoints.web.address=localhost",
    what: /entry point 'web' listens on 'localhost', which names no port/,
    fix: /:80/,
  },
];

/** What Traefik starts with, and then refuses, drops or ignores. */
const noted: Noted[] = [
  {
    name: "no docker provider",
    patches: [
      compose(
        "      - --providers.docker=true\n      - --providers.docker.exposedByDefault=false\n      - --providers.docker.network=traefik-net\n",
        "",
      ),
    ],
    file: "compose.yaml",
    at: "traefik.enable",
    what: /reads none of the labels of the container of 'litellm'/,
    why: /provider 'docker' is off/,
  },
  {
    name: "a static file that is in no mount",
    patches: [compose("--accessLog=true", "--configFile=/etc/traefik.yml")],
    file: "compose.yaml",
    at: "--configFile",
    what: /static file '\/etc\/traefik\.yml' is in nothing/,
    fix: /mount the file/,
  },
  {
    name: "a word that is not an option",
    patches: [compose("      - --accessLog=true\n", "      - --accessLog=true\n      - accesslog\n")],
    file: "compose.yaml",
    at: "- accesslog",
    what: /'accesslog' in Traefik's command is not an option/,
    why: /ignores it and everything after it/,
  },
  {
    name: "variables next to flags",
    patches: [
      compose("    image: traefik:", '    environment:\n      TRAEFIK_API_INSECURE: "true"\n    image: traefik:'),
    ],
    file: "compose.yaml",
    at: "TRAEFIK_API_INSECURE",
    what: /TRAEFIK_API_INSECURE has no effect/,
    why: /one source only, here from the flags/,
  },
  {
    name: "an unknown option of a router",
    patches: [compose(`${router}.entrypoints`, `${router}.entrypoint`)],
    file: "compose.yaml",
    at: `${router}.entrypoint:`,
    what: /unknown label '.*': 'entrypoint'/,
    fix: /traefik\.http\.routers\.litellm-bearer\.entrypoints/,
  },
  {
    name: "an unknown kind of middleware",
    patches: [compose("litellm-nobody.ipallowlist.sourcerange", "litellm-nobody.ipalowlist.sourcerange")],
    file: "compose.yaml",
    at: "ipalowlist",
    what: /unknown label/,
    fix: /ipallowlist/,
  },
  {
    name: "a root that is not Traefik's",
    patches: [compose("      traefik.enable:", "      trafik.enable:")],
    file: "compose.yaml",
    at: "trafik.enable",
    what: /not Traefik's/,
  },
  {
    name: "an enable that is neither true nor false",
    patches: [compose('traefik.enable: "true"', 'traefik.enable: "yes"')],
    file: "compose.yaml",
    at: "traefik.enable",
    what: /neither true nor false/,
  },
  {
    name: "a rule that does not parse",
    patches: [
      compose(
        "Host(`litellm.linuxserver.lan`) && Method(`GET`) && Path",
        "Host(`litellm.linuxserver.lan`) & Method(`GET`) && Path",
      ),
    ],
    file: "compose.yaml",
    at: "litellm-status.rule",
    what: /router 'litellm-status' does not parse: column 33: '&'/,
    fix: /&&/,
  },
  {
    name: "an unknown matcher",
    patches: [compose("Method(`GET`) && Path(`/sch", "Methods(`GET`) && Path(`/sch")],
    file: "compose.yaml",
    at: "litellm-status.rule",
    what: /'Methods' is not a matcher/,
    fix: /write Method/,
  },
  {
    name: "a lookahead",
    patches: [
      compose(
        "Host(`litellm.linuxserver.lan`) && HeaderRegexp(`Authorization`, `(?i)^Bearer +\\S+$$`)",
        "Host(`litellm.linuxserver.lan`) && HeaderRegexp(`Authorization`, `^(?!Basic).+`)",
      ),
    ],
    file: "compose.yaml",
    at: `${router}.rule`,
    what: /no lookaround/,
    fix: /RE2/,
  },
  {
    name: "an undefined middleware",
    patches: [compose("middlewares: litellm-status-key", "middlewares: litellm-status-ky")],
    file: "compose.yaml",
    at: "litellm-status-ky",
    what: /middleware 'litellm-status-ky', which nothing defines/,
    fix: /write 'litellm-status-key'/,
  },
  {
    name: "an undefined service",
    patches: [compose(`${router}.service: litellm`, `${router}.service: litelm`)],
    file: "compose.yaml",
    at: "litelm",
    what: /service 'litelm', which nothing defines/,
    fix: /write 'litellm'/,
  },
  {
    name: "the only label that defines the service of a container's routers is missing",
    patches: [
      compose(
        '"true"\n      traefik.docker.network: traefik-net\n      traefik.http.services.litellm.loadbalancer.server.port: "4000"\n',
        '"true" # of LiteLLM\n      traefik.docker.network: traefik-net\n',
      ),
    ],
    file: "compose.yaml",
    at: "# of LiteLLM",
    what: /^the routers of 'litellm' name the service 'litellm', which no label of it defines/,
    fix: /traefik\.http\.services\.litellm\.loadbalancer\.server\.port/,
  },
  {
    name: "an undefined entry point",
    patches: [compose(`${router}.entrypoints: web`, `${router}.entrypoints: Web`)],
    file: "compose.yaml",
    at: `${router}.entrypoints`,
    what: /entry point 'Web'/,
    fix: /write 'web'/,
  },
  {
    name: "a redirection to an undefined entry point",
    patches: [
      compose(
        "--entryPoints.web.address=:80",
        "--entryPoints.web.address=:80\n      - --entryPoints.web.http.redirections.entryPoint.to=websecur",
      ),
    ],
    file: "compose.yaml",
    at: "redirections.entryPoint.to",
    what: /entry point 'web' redirects to the entry point 'websecur'/,
    fix: /write 'websecure'/,
  },
  {
    name: "an internal service that Traefik lacks",
    patches: [compose("litellm-refused.service: noop@internal", "litellm-refused.service: nop@internal")],
    file: "compose.yaml",
    at: "nop@internal",
    what: /'nop@internal', which Traefik does not have/,
    fix: /noop@internal/,
  },
  {
    name: "names that differ in case",
    patches: [compose(`${router}.priority`, "traefik.http.routers.LiteLLM-bearer.priority")],
    file: "compose.yaml",
    at: "LiteLLM-bearer",
    what: /in case only/,
  },
  {
    name: "a priority that is not a number",
    patches: [compose('litellm-status.priority: "200"', "litellm-status.priority: high")],
    file: "compose.yaml",
    at: "litellm-status.priority",
    what: /is not a whole number/,
  },
  {
    name: "an invalid address range",
    patches: [compose("192.0.2.1/32", "192.0.2.1/33")],
    file: "compose.yaml",
    at: "192.0.2.1/33",
    what: /neither an address nor a range/,
  },
  {
    name: "a middleware of two kinds",
    patches: [compose("litellm-nobody.ipallowlist.rejectstatuscode", "litellm-challenge.ipallowlist.rejectstatuscode")],
    file: "compose.yaml",
    at: "litellm-challenge.ipallowlist",
    what: /allows one kind/,
  },
  {
    name: "two services and a router that names none",
    patches: [
      compose(
        `      ${router}.service: litellm\n`,
        '      traefik.http.services.other.loadbalancer.server.port: "1"\n',
      ),
    ],
    file: "compose.yaml",
    at: `${router}.rule`,
    what: /names no service and 'litellm' has 2/,
  },
  {
    name: "labels without traefik.enable",
    patches: [compose('      traefik.enable: "true"\n', "")],
    file: "compose.yaml",
    at: "traefik.docker.network: traefik-net",
    what: /have no effect/,
    fix: /traefik\.enable/,
  },
  {
    name: "an entry point that several routers name and nothing defines",
    patches: [compose("      - --entryPoints.web.address=:80\n", "")],
    file: "compose.yaml",
    at: "--entryPoints.websecure.address=:443",
    what: /names the entry point 'web', which Traefik's static configuration does not define/,
  },
  {
    name: "a docker network that the service is not on",
    patches: [compose("traefik.docker.network: traefik-net", "traefik.docker.network: traefiknet")],
    file: "compose.yaml",
    at: "traefiknet",
    what: /network 'traefiknet', which the service is not on/,
    fix: /traefik-net/,
  },
  {
    name: "the key of a docker network in place of its name",
    patches: [
      compose("    name: traefik-net\n", "    name: proxy\n"),
      compose("--providers.docker.network=traefik-net", "--providers.docker.network=proxy"),
    ],
    file: "compose.yaml",
    at: "traefik.docker.network: traefik-net",
    what: /network 'traefik-net', which is a key of the compose file: its name is 'proxy'/,
    fix: /^write 'proxy'/,
  },
];

describe("a faulty deployment", () => {
  testFaults(broken);
});

describe("a deployment that Traefik starts with", () => {
  testNotes(noted);
});
