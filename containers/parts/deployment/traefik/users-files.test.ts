import { expect, test } from "vitest";
import { readFacts } from "../../../../helpers/deployment/facts.ts";
import { writtenFolder } from "../../../../helpers/deployment/source/written-folder.ts";
import { renderService } from "../render-service.ts";
import { standInUsersFiles } from "./users-files.ts";

const files = {
  "compose.yaml": `services:
  traefik:
    image: traefik:v3.6
    command: --entrypoints.web.address=:80 --providers.docker=true --providers.file.directory=/etc/traefik/dynamic
    volumes: ["./dynamic:/etc/traefik/dynamic", "./missing:/etc/traefik/.htpasswd", "./users:/etc/traefik/users", "./lists:/lists"]
    labels:
      traefik.http.routers.d.rule: Host(\`d.lan\`)
      traefik.http.routers.d.middlewares: by-label
      traefik.http.middlewares.by-label.digestauth.usersfile: lists/digest
`,
  "dynamic/auth.yml": `http:
  middlewares:
    absent: { basicAuth: { usersFile: /etc/traefik/.htpasswd } }
    present: { basicAuth: { usersFile: /etc/traefik/users } }
    mistyped: { basicAuth: { usersFile: /etc/traefik/user } }
    unmounted: { basicAuth: { usersFile: /auth/users } }
    inline: { basicAuth: { users: ["a:{SHA}b"] } }
`,
  users: "a:{SHA}b\n",
};

function traefikOf(folder: string) {
  const facts = readFacts(folder);
  const model = facts.traefik();
  const service = facts.compose?.services.get("traefik");
  if (model === undefined || service === undefined) throw new Error("Traefik could not be read");
  return { facts, model, service };
}

test("a users file that is mounted and not in the folder is made up, and listed; no other", () => {
  using deployment = writtenFolder(files);
  const { model, service } = traefikOf(deployment.folder);
  const standIns = standInUsersFiles(model, service);
  expect(standIns.files).toEqual([
    { target: "/lists/digest", content: expect.stringMatching(/^nobody:traefik:[\da-f]{32}\n$/) },
    { target: "/etc/traefik/.htpasswd", content: expect.stringMatching(/^nobody:\{SHA\}/) },
  ]);
  expect(standIns.changes.map(({ where, what }) => `${where} ${what}`)).toEqual([
    "compose.yaml:9 made up the users in /lists/digest of by-label",
    "auth.yml:3 made up the users in /etc/traefik/.htpasswd of absent",
  ]);
});

test("it takes the place of the empty directory that docker makes for a missing file", async () => {
  using deployment = writtenFolder(files);
  const { facts, service } = traefikOf(deployment.folder);
  const context = { deployment: { facts }, networks: new Map(), mark: "m", processors: 2 } as never;
  const directories = async (stoodIn?: ReadonlySet<string>) =>
    (await renderService(context, { ...service, labels: new Map() }, stoodIn)).settings.emptyDirectories;
  expect(await directories()).toEqual(["/etc/traefik/.htpasswd", "/lists"]);
  expect(await directories(new Set(["/etc/traefik/.htpasswd"]))).toEqual(["/lists"]);
});
