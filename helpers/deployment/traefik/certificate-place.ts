import { posix } from "node:path";
import { type Deployment, hasTraefik } from "../types.ts";
import { ContainerFiles } from "./container-files.ts";
import type { TraefikModel } from "./model.ts";

/** The folder of the run's certificate, in Traefik's container and on the clients' machines. */
export const certificateFolder = "/gateway-conformance/tls";

/**
 * Where Traefik reads that there is a certificate of the run: in a file of a provider that the run switches on, in a file next to the
 * operator's, or in the operator's only file.
 */
export interface CertificatePlace {
  kind: "own-provider" | "own-file" | "operators-file";
  /** In Traefik's container. */
  path: string;
  /** The policy's hosts over HTTPS. */
  names: readonly string[];
}

/** Where a run gives Traefik a certificate that its clients verify; a text says why it gives it none. */
export function certificatePlace(deployment: Deployment): CertificatePlace | string {
  if (!hasTraefik(deployment)) return "the deployment has no Traefik";
  const names = [...new Set(deployment.policy.hosts.flatMap(({ name, scheme }) => (scheme === "https" ? name : [])))];
  if (names.length === 0) return "the policy has no host over HTTPS";
  const { traefikModel: model, traefik } = deployment;
  const own = new ContainerFiles(traefik);
  if (hasOwnCertificate(model, own))
    return "Traefik has certificates of your own files, which no client of the run trusts";
  const { files } = model;
  if (files === undefined) return { kind: "own-provider", path: `${certificateFolder}/hosts.yaml`, names };
  // Traefik then takes nothing of the provider. Where it finds no file, one of the run's would hide that.
  if (files.areRefused) return "Traefik refuses the files of its file provider";
  const directory = model.static.get("providers.file.directory")?.value ?? "";
  const [first] = files.files;
  if (directory !== "" && (first !== undefined || own.list(directory) !== undefined))
    return { kind: "own-file", path: posix.join(directory, "gateway-conformance-tls.yaml"), names };
  if (first?.rendered === undefined) return "the suite can't read the file of Traefik's file provider";
  return { kind: "operators-file", path: first.path, names };
}

/** Whether a certificate for hosts that a file of the provider names is among the deployment's files. */
export function hasOwnCertificate({ files }: TraefikModel, own: ContainerFiles): boolean {
  return (files?.options ?? []).some(
    ({ path, value }) =>
      path[0] === "tls" && path.at(-1)?.toLowerCase() === "certfile" && own.find(value) !== undefined,
  );
}
