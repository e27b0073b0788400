import { basename } from "node:path";
import { forwardedHosts } from "../../../helpers/deployment/services/origins.ts";
import type { EdgeContext } from "./render-context.ts";
import { type RenderedService, renderService } from "./render-service.ts";
import { changedDynamicFiles, everyRequest } from "./traefik/dynamic-files.ts";
import { certificateForTraefik } from "./traefik/host-certificate.ts";
import { hasOwnLabels } from "./traefik/label-parts.ts";
import { isUnlogged } from "./traefik/labels.ts";
import { staticChanges } from "./traefik/static-changes.ts";
import { staticOutput } from "./traefik/static-output.ts";
import { suiteRouterLabels } from "./traefik/suite-api.ts";
import { standInUsersFiles } from "./traefik/users-files.ts";

/**
 * Traefik as the operator runs it: with its own static file, flags or variables, its own labels and its own files, plus what
 * a throwaway network needs.
 */
export async function renderTraefik(context: EdgeContext): Promise<RenderedService> {
  const { deployment, mark, certificate } = context;
  const { traefik: service, traefikModel: model } = deployment;
  const ofUsers = standInUsersFiles(model, service);
  const rendered = await renderService(context, service, new Set(ofUsers.files.map(({ target }) => target)));
  const { source } = model.static;
  const ofCertificate = certificate && certificateForTraefik(certificate);
  const changes = [...staticChanges(context), ...(ofCertificate?.statics ?? [])];
  const output = staticOutput(model.static, changes);
  const where =
    source.kind === "file"
      ? basename(source.file.file ?? source.file.path)
      : `${basename(service.location.file)}:${service.key}.${source.kind === "flags" ? "command" : "environment"}`;
  for (const { option, value, why } of changes)
    rendered.changes.push({ where, what: value === undefined ? `dropped ${option}` : `set ${option}=${value}`, why });
  for (const { host, port, listens } of forwardedHosts(deployment))
    rendered.changes.push({
      where: `${basename(host.location.file)}: hosts`,
      what: `port ${port} of ${host.name} leads to Traefik's port ${listens}`,
      why: "the policy states it and none of the files opens it: what forwards it there is not proved",
    });
  for (const { key, value, location, service: owner } of model.labels)
    if (isUnlogged(key, value))
      rendered.changes.push({
        where: `${basename(location.file)}:${owner ?? service.key}.labels`,
        what: `dropped ${key}`,
        why: everyRequest,
      });
  const dynamic = changedDynamicFiles(deployment, certificate);
  const files = [
    ...("file" in output ? [output.file] : []),
    ...dynamic.files,
    ...ofUsers.files,
    ...(ofCertificate?.files ?? []),
  ];
  return {
    ...rendered,
    // A static file is found by its flag, or where Traefik looks by itself.
    ...("command" in output ? { command: output.command } : {}),
    labels: { ...rendered.labels, ...(hasOwnLabels(deployment) ? {} : suiteRouterLabels(mark)) },
    files: [...rendered.files.filter(({ target }) => !files.some((own) => own.target === target)), ...files],
    changes: [...rendered.changes, ...dynamic.changes, ...ofUsers.changes, ...(ofCertificate?.changes ?? [])],
  };
}
