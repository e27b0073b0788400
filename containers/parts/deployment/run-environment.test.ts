import { expect, test } from "vitest";
import { readFacts } from "../../../helpers/deployment/facts.ts";
import { writtenFolder } from "../../../helpers/deployment/source/written-folder.ts";
import { environmentOfRun } from "./run-environment.ts";

/** The names that remain in the environment, and the reasons of the changes. */
function rendered(yaml: string, usesEngine = false): { names: string[]; changes: string[] } {
  using deployment = writtenFolder({
    "compose.yaml": `services:\n  a:\n    image: x\n${yaml}\nvolumes: { step: {} }\n`,
    "certs/here.crt": "-----BEGIN CERTIFICATE-----",
  });
  const { compose, faults } = readFacts(deployment.folder);
  expect(faults.faults).toEqual([]);
  const service = compose?.services.get("a");
  if (service === undefined) throw new Error("the service could not be read");
  const { environment, changes } = environmentOfRun(service, usesEngine);
  return { names: Object.keys(environment), changes: changes.map(({ where, what }) => `${where}: ${what}`) };
}

test.each([
  ["a file that is missing", "./certs/gone.crt:/ca.crt", "/ca.crt", true],
  ["a file that is missing in a directory", "./certs:/ca", "/ca/gone.crt", true],
  ["a file of a volume", "step:/home/step:ro", "/home/step/certs/root_ca.crt", true],
  ["a file that is there", "./certs/here.crt:/ca.crt", "/ca.crt", false],
  ["a file in a directory that is there", "./certs:/ca", "/ca/here.crt", false],
  ["a file of the image", "./certs:/ca", "/etc/ssl/certs/ca-certificates.crt", false],
])("certificates to trust in %s", (_, mount, path, isDropped) => {
  const { names, changes } = rendered(
    `    volumes: ["${mount}"]\n    environment: { SSL_CERT_FILE: ${path}, OTHER_FILE: ${path} }`,
  );
  expect(names).toEqual(isDropped ? ["OTHER_FILE"] : ["SSL_CERT_FILE", "OTHER_FILE"]);
  expect(changes).toEqual(isDropped ? ["compose.yaml:a.environment: dropped SSL_CERT_FILE"] : []);
});

test("what names the operator's engine is dropped where the run's is mounted", () => {
  const yaml = '    environment: { DOCKER_API_VERSION: "1.44", TZ: UTC }';
  expect(rendered(yaml, true)).toEqual({
    names: ["TZ"],
    changes: ["compose.yaml:a.environment: dropped DOCKER_API_VERSION"],
  });
  expect(rendered(yaml).names).toEqual(["DOCKER_API_VERSION", "TZ"]);
});
