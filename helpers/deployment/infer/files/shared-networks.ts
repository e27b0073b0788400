import { basename } from "node:path";
import { normalisedName } from "../../compose/project-name.ts";
import type { Candidate } from "./candidates.ts";
import type { ComposeOutline } from "./compose-files.ts";
import { directoryOf } from "./found-project.ts";
import { environmentAt, nameOf } from "./project-name.ts";

/**
 * Whether two projects share a network: by its name on the host, which may be that of the other one's own network
 * (`litellm_default`), or by its key, where a script may make it.
 *
 * @param root the deployment's folder, absolute
 */
export function sharesNetwork(root: string, one: Candidate, other: Candidate): boolean {
  if (haveCommon(hostNames(root, one), hostNames(root, other))) return true;
  const [first, second] = [keysOf(one), keysOf(other)];
  if (haveCommon(first.own, second.given) || haveCommon(first.given, second.own)) return true;
  // Own networks of one key are one network where compose gives both projects one name.
  const [name, otherName] = [statedName(root, one), statedName(root, other)];
  return (name === undefined || otherName === undefined || name === otherName) && haveCommon(first.own, second.own);
}

/** The names that the networks of a project have on the host. */
function hostNames(root: string, candidate: Candidate): string[] {
  const { own, given } = keysOf(candidate);
  const folder = homeOf(root, candidate);
  const project =
    statedName(root, candidate) ??
    environmentAt(folder).get("COMPOSE_PROJECT_NAME") ??
    normalisedName(basename(folder));
  return [...given, ...["default", ...own].map((key) => `${project}_${key}`)];
}

function keysOf({ all }: Candidate): { own: string[]; given: string[] } {
  const given = ({ namedNetworks, externalNetworks }: ComposeOutline): string[] => [
    ...namedNetworks,
    ...externalNetworks,
  ];
  const isNoDefault = (name: string): boolean => name !== "default";
  return {
    own: all.flatMap(({ ownNetworks }) => ownNetworks).filter(isNoDefault),
    given: all.flatMap(given).filter(isNoDefault),
  };
}

function statedName(root: string, candidate: Candidate): string | undefined {
  return nameOf(candidate, homeOf(root, candidate));
}

function homeOf(root: string, candidate: Candidate): string {
  return candidate.named?.folder ?? directoryOf(root, candidate);
}

function haveCommon(one: readonly string[], other: readonly string[]): boolean {
  return one.some((name) => other.includes(name));
}
