import type { Edge } from "../../../containers/targets/edge.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure, type FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { displayPath } from "../../../helpers/core/text/display-path.ts";
import type { TraefikModel } from "../../../helpers/deployment/traefik/model.ts";
import { check } from "../../runner/check.ts";
import { causeOfProblem, causeOfRouter } from "../../support/router-locations.ts";
import {
  type LoadedItem,
  loadedItems,
  type ProviderError,
  problemOf,
  providerErrors,
} from "../support/loaded-configuration.ts";
import { noRouterFailure } from "../support/no-router.ts";

check({
  id: "ROUTE-26/loaded-without-errors",
  requirements: ["ROUTE-26"],
  title: "what Traefik loads has no error, and each provider can read its source",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { text } = await edge.routers();
    const items = loadedItems(inWordsOfFiles(edge.deployment.traefikModel, text));
    const errors = providerErrors(await edge.traefikLog());
    await evidence.keep("loaded.json", JSON.stringify({ items, errors }, null, 2));
    const failures = new Map(
      items.filter(({ errors: own }) => own.length > 0).map((item) => [item, itemFailure(edge, item)] as const),
    );
    const cases = [
      ...items.map((item) => {
        const failure = failures.get(item);
        return { name: `${item.section} ${item.name}`, failure: failure && withCauseOfOthers(item, failure, failures) };
      }),
      ...certificates(edge.deployment.traefikModel),
      ...errors.map((one) => ({
        name: `provider ${one.provider}`,
        failure: providerFailure(edge.deployment.traefikModel, one),
      })),
    ];
    if (cases.length === 0) throw new CheckFailure(noRouterFailure(edge.deployment));
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

/** What Traefik says of Swarm's labels, which are docker's in the run, with the providers as the files name them. */
function inWordsOfFiles({ providers }: TraefikModel, text: string): string {
  if (!providers.includes("swarm")) return text;
  return text.replaceAll(/@(swarm|docker)\b/g, (_, provider) => (provider === "swarm" ? "@docker" : "@swarm"));
}

function itemFailure({ deployment }: Edge, { section, name, errors }: LoadedItem): FailureDetails {
  const { traefikModel: model } = deployment;
  const scoped = model.problems.find(({ scope }) => scope.kind === "middleware" && scope.name === name);
  const own = section === "middlewares" ? model.middlewareOf(name)?.location : undefined;
  const location = own ?? serviceLine(model, section, name) ?? model.lineNaming(section, name);
  return {
    summary: `Traefik has ${section.replace(/s$/, "")} ${name} with an error`,
    code: "loaded-with-error",
    expected: "no error",
    actual: errors.join("\n"),
    cause: "Traefik accepts its configuration as text and cannot build it",
    ...(location === undefined ? {} : { location }),
    ...(scoped === undefined ? {} : causeOfProblem(scoped)),
    ...(section === "routers" ? causeOfRouter(deployment, { name, errors }) : {}),
    ...missingMount(deployment, errors),
  };
}

/** The cause of an error about a file in a mount whose source is not in the deployment's folder. */
function missingMount(
  { traefik }: Edge["deployment"],
  errors: readonly string[],
): Pick<FailureDetails, "cause" | "location" | "fix"> {
  for (const [, file = ""] of errors.join("\n").matchAll(/\bopen (\/\S+): no such file or directory/g)) {
    const mount = traefik.mounts.find(
      ({ kind, isAvailable, target }) =>
        kind === "bind" && !isAvailable && (file === target || file.startsWith(`${target}/`)),
    );
    if (mount === undefined) continue;
    const source = displayPath(mount.source);
    return {
      cause: `${file} is in ${source}, which is mounted and missing: docker makes an empty directory in its place`,
      location: mount.location,
      fix: "write it, or name a copy of it under 'files:' in policy.yaml where only the host has it",
    };
  }
  return {};
}

/** The failure of an item; of a router whose error is that of a service or a middleware, with the cause of that one. */
function withCauseOfOthers(
  item: LoadedItem,
  failure: FailureDetails,
  failures: ReadonlyMap<LoadedItem, FailureDetails>,
): FailureDetails {
  if (item.section !== "routers") return failure;
  const source = [...failures].find(
    ([one]) => one.section !== "routers" && one.errors.every((error) => item.errors.includes(error)),
  )?.[1];
  if (source === undefined) return failure;
  const { cause, location, fix } = source;
  const { fix: _, ...rest } = failure;
  return {
    ...rest,
    ...(cause === undefined ? {} : { cause }),
    ...(location === undefined ? {} : { location }),
    ...(fix === undefined ? {} : { fix }),
  };
}

function serviceLine(model: TraefikModel, section: string, liveName: string) {
  if (section !== "services") return undefined;
  const name = liveName.replace(/@.*$/, "").toLowerCase();
  return model.dynamicOptions.find(
    ({ path }) => path[1]?.toLowerCase() === "services" && path[2]?.toLowerCase() === name,
  )?.location;
}

/** A run has no certificate of a resolver: that a resolver is missing shows in the files only. */
function certificates({ problems }: TraefikModel): { name: string; failure: FailureDetails }[] {
  return problems.flatMap((one) => {
    if (one.scope.kind !== "certificate") return [];
    const { name } = one.scope;
    const failure = {
      summary: `Traefik has no certificate for ${name}`,
      code: "no-certificate-resolver",
      expected: "a certificate resolver that is defined",
      actual: one.what,
      ...causeOfProblem(one),
    };
    return { name: `certificate of ${name}`, failure };
  });
}

function providerFailure(model: TraefikModel, error: ProviderError): FailureDetails {
  const { provider, message } = error;
  const option = model.static.options.find(
    ({ path }) => path[0]?.toLowerCase() === "providers" && path[1]?.toLowerCase() === provider,
  );
  const known = problemOf(model, error);
  const missing = provider === "file" ? model.files?.missing : undefined;
  return {
    summary: `Traefik's provider ${provider} reports an error`,
    code: "provider-error",
    expected: "a provider that reads its source",
    actual: message,
    ...(provider === "internal"
      ? {
          cause: "an option of Traefik's static configuration has a value that Traefik cannot use",
          fix: "correct the option that the message is about",
        }
      : {
          cause: "what it should read is missing, is not valid, or does not answer: nothing of it takes effect",
          ...(option === undefined ? {} : { location: option.location }),
          fix: `correct what providers.${provider} names`,
        }),
    ...(missing === undefined ? {} : { cause: missing.what, location: missing.location, fix: missing.fix }),
    ...(known === undefined ? {} : causeOfProblem(known)),
  };
}
