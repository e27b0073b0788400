import type { Edge } from "../../../containers/targets/edge.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure, type FailureDetails } from "../../../helpers/checks/check-failure.ts";
import type { TraefikModel } from "../../../helpers/deployment/traefik/model.ts";
import { check } from "../../runner/check.ts";
import { loadedItems, providerErrors } from "../support/loaded-configuration.ts";

check({
  id: "ROUTE-26/loaded-without-errors",
  requirements: ["ROUTE-26"],
  title: "what Traefik loads has no error, and each provider can read its source",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { text } = await edge.routers();
    const items = loadedItems(text);
    const errors = providerErrors(await edge.traefikLog());
    await evidence.keep("loaded.json", JSON.stringify({ items, errors }, null, 2));
    const cases = [
      ...items.map(({ section, name, errors: own }) => ({
        name: `${section} ${name}`,
        failure: own.length > 0 ? itemFailure(edge, { section, name, errors: own }) : undefined,
      })),
      ...errors.map((one) => ({
        name: `provider ${one.provider}`,
        failure: providerFailure(edge.deployment.traefikModel, one),
      })),
    ];
    await forEachCase(
      "Traefik loads it without an error",
      cases,
      ({ name }) => name,
      async ({ failure }) => {
        if (failure !== undefined) throw new CheckFailure(failure);
      },
    );
  },
});

function itemFailure(
  { deployment: { traefikModel: model } }: Edge,
  {
    section,
    name,
    errors,
  }: { section: "routers" | "middlewares" | "services"; name: string; errors: readonly string[] },
): FailureDetails {
  const scoped = model.problems.find(
    ({ scope }) => (scope.kind === "router" || scope.kind === "middleware") && scope.name === name,
  );
  const own =
    section === "routers"
      ? model.routerOf(name)?.location
      : section === "middlewares"
        ? model.middlewareOf(name)?.location
        : undefined;
  const location = scoped?.location ?? own ?? serviceLine(model, section, name) ?? model.lineNaming(section, name);
  return {
    summary: `Traefik has ${section.replace(/s$/, "")} ${name} with an error`,
    code: "loaded-with-error",
    expected: "no error",
    actual: errors.join("\n"),
    cause:
      scoped === undefined
        ? "Traefik accepts its configuration as text and cannot build it"
        : `${scoped.what}: ${scoped.effect}`,
    ...(location === undefined ? {} : { location }),
    ...(scoped === undefined ? {} : { fix: scoped.fix }),
  };
}

function serviceLine(model: TraefikModel, section: string, liveName: string) {
  if (section !== "services") return undefined;
  const name = liveName.replace(/@.*$/, "").toLowerCase();
  return model.dynamicOptions.find(
    ({ path }) => path[1]?.toLowerCase() === "services" && path[2]?.toLowerCase() === name,
  )?.location;
}

function providerFailure(
  model: TraefikModel,
  { provider, message }: { provider: string; message: string },
): FailureDetails {
  const option = model.static.options.find(
    ({ path }) => path[0]?.toLowerCase() === "providers" && path[1]?.toLowerCase() === provider,
  );
  return {
    summary: `Traefik's provider ${provider} reports an error`,
    code: "provider-error",
    expected: "a provider that reads its source",
    actual: message,
    cause: "what it should read is missing, is not valid, or does not answer: nothing of it takes effect",
    ...(option === undefined ? {} : { location: option.location }),
    fix: `correct what providers.${provider} names`,
  };
}
