import { basename } from "node:path";
import { type RenderContext, type RenderedService, renderService } from "./render-service.ts";
import { changedDynamicFiles } from "./traefik/dynamic-files.ts";
import { hasOwnLabels } from "./traefik/label-parts.ts";
import { staticChanges } from "./traefik/static-changes.ts";
import { staticOutput } from "./traefik/static-output.ts";
import { suiteRouterLabels } from "./traefik/suite-api.ts";

/**
 * Traefik as the operator runs it: with its own static file, flags or variables, its own labels and its own files, plus what
 * a throwaway network needs.
 */
export async function renderTraefik(context: RenderContext): Promise<RenderedService> {
  const { deployment, mark } = context;
  const { traefik: service, traefikModel: model } = deployment;
  const rendered = await renderService(context, service);
  const { source } = model.static;
  const changes = staticChanges(context);
  const output = staticOutput(model.static, changes);
  const where =
    source.kind === "file"
      ? basename(source.file.file ?? source.file.path)
      : `${basename(service.location.file)}:${service.key}.${source.kind === "flags" ? "command" : "environment"}`;
  for (const { option, value, why } of changes)
    rendered.changes.push({ where, what: value === undefined ? `dropped ${option}` : `set ${option}=${value}`, why });
  const dynamic = changedDynamicFiles(model);
  const files = [...("file" in output ? [output.file] : []), ...dynamic.files];
  return {
    ...rendered,
    // A static file is found by its flag, or where Traefik looks by itself.
    ...("command" in output ? { command: output.command } : {}),
    labels: { ...rendered.labels, ...(hasOwnLabels(deployment) ? {} : suiteRouterLabels(mark)) },
    files: [...rendered.files.filter(({ target }) => !files.some((own) => own.target === target)), ...files],
    changes: [...rendered.changes, ...dynamic.changes],
  };
}
