import { posix } from "node:path";
import { type Deployment, hasTraefik } from "../types.ts";
import { ContainerFiles } from "./container-files.ts";
import type { TraefikModel } from "./model.ts";

/** In Traefik's container, without the last part. */
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

/**
 * Where a run gives Traefik a certificate that its clients verify.
 *
 * @returns undefined where no host of the policy is called over HTTPS; where Traefik has certificates of the deployment's own files,
 *   which stay, and which nothing in the run trusts; and where the file provider has no file that Traefik can read: one of the run's
 *   would hide that
 */
export function certificatePlace(deployment: Deployment): CertificatePlace | undefined {
  if (!hasTraefik(deployment)) return undefined;
  const names = [...new Set(deployment.policy.hosts.flatMap(({ name, scheme }) => (scheme === "https" ? name : [])))];
  const { traefikModel: model, traefik } = deployment;
  if (names.length === 0 || hasOwnCertificate(model, new ContainerFiles(traefik))) return undefined;
  if (model.files === undefined) return { kind: "own-provider", path: `${certificateFolder}/hosts.yaml`, names };
  const [first] = model.files.files;
  if (first === undefined) return undefined;
  const directory = model.static.get("providers.file.directory")?.value ?? "";
  if (directory !== "") return { kind: "own-file", path: posix.join(directory, "gateway-conformance-tls.yaml"), names };
  return first.rendered === undefined ? undefined : { kind: "operators-file", path: first.path, names };
}

/** Whether a certificate that a file of the provider names is among the deployment's files. */
export function hasOwnCertificate({ files }: TraefikModel, own: ContainerFiles): boolean {
  return (files?.files ?? []).some(({ rendered }) =>
    [...(rendered?.text ?? "").matchAll(/\bcertFile["']?\s*[:=]\s*["']?([^"'\s,}]+)/gi)].some(
      ([, path = ""]) => own.find(path) !== undefined,
    ),
  );
}
