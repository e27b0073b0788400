import { expect, test } from "vitest";
import { readFacts } from "../../facts.ts";
import { smallDeployment } from "../../infer/small-deployment.ts";

const compose = (image: string, flags: string): string => `services:
  traefik:
    image: ${image}
    command: [--entrypoints.web.address=:80, ${flags}]
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    deploy:
      labels:
        traefik.http.routers.litellm.rule: Host(\`a.example\`)
        traefik.http.routers.others.rule: Host(\`b.example\`, \`c.example\`)
        traefik.http.routers.any.rule: HostRegexp(\`{name:[a-z]+}.example\`)
        traefik.http.services.litellm.loadbalancer.server.port: "4000"
`;

function read(image: string, flags: string) {
  using deployment = smallDeployment({ "compose.yaml": compose(image, flags) });
  const facts = readFacts(deployment.folder);
  const model = facts.traefik("traefik");
  return {
    faults: facts.faults.faults.map(({ what }) => what),
    providers: model?.static.labelProviders.map(({ name, labels, exposedByDefault }) => [
      name,
      labels,
      exposedByDefault,
    ]),
    routers: model?.routers.map(({ name, rule }) => [name, rule !== undefined]),
  };
}

test("Swarm mode of version 2 reads the labels under 'deploy', and rules in its syntax", () => {
  const flags = "--providers.docker=true, --providers.docker.swarmMode=true, --providers.docker.exposedByDefault=true";
  expect(read("traefik:v2.11", `${flags}, --pilot.dashboard=false, --metrics.influxdb.address=db:8089`)).toEqual({
    faults: [],
    providers: [["docker", "deploy", true]],
    // A pattern of version 2 has no equal in version 3's syntax.
    routers: [
      ["litellm", true],
      ["others", true],
      ["any", false],
    ],
  });
});

test("a file names what the labels define as docker's: version 2 has no provider 'swarm'", () => {
  const dynamic = `http:
  routers:
    admin: { rule: "Host(\`a.example\`) && Path(\`/key\`)", service: litellm@docker }
    wrong: { rule: "Host(\`a.example\`) && Path(\`/team\`)", service: litellm@swarm }
`;
  const flags = "--providers.docker.swarmMode=true, --providers.file.filename=/dynamic.yml";
  const file = compose("traefik:v2.11", flags).replace(
    "    command",
    '    volumes: ["./dynamic.yml:/dynamic.yml"]\n    command',
  );
  using deployment = smallDeployment({ "compose.yaml": file, "dynamic.yml": dynamic });
  const model = readFacts(deployment.folder).traefik("traefik");
  expect(model?.problems.map(({ what }) => what)).toEqual([
    expect.stringContaining("the router 'wrong' names the service 'litellm@swarm', which nothing defines"),
  ]);
});

test("version 3 has no such options", () => {
  expect(read("traefik:v3.5.3", "--providers.docker.swarmMode=true").faults).toEqual([
    expect.stringContaining("unknown option '--providers.docker.swarmMode' of Traefik"),
  ]);
});

test("an option that version 2 does not know either is a fault", () => {
  expect(read("traefik:v2.11", "--providers.docker.swarmMod=true").faults).toEqual([
    expect.stringContaining("unknown option '--providers.docker.swarmMod' of Traefik"),
  ]);
});
