import { basename } from "node:path";
import { normalisedName } from "../../compose/project-name.ts";
import type { Candidate } from "./candidates.ts";
import type { ComposeOutline } from "./compose-files.ts";
import { directoryOf } from "./found-project.ts";
import { environmentAt, isStack, nameOf } from "./project-name.ts";

/**
 * Whether two projects share a network: by its name on the host, which may be that of the other one's own network
 * (`litellm_default`), or by its key, where a script may make it.
 *
 * @param root the deployment's folder, absolute
 */
export function sharesNetwork(root: string, one: Candidate, other: Candidate): boolean {
  const [first, second] = [keysOf(one), keysOf(other)];
  const [ownOfOne, ownOfOther] = [ownNames(root, one), ownNames(root, other)];
  if (haveCommon(first.given, [...second.given, ...ownOfOther]) || haveCommon(ownOfOne, second.given)) return true;
  if (isOneProject(root, one, other) && haveCommon(ownOfOne, ownOfOther)) return true;
  if (haveCommon(first.own, second.given) || haveCommon(first.given, second.own)) return true;
  // Own networks of one key are one network where compose gives both projects one name.
  const [name, otherName] = [statedName(root, one), statedName(root, other)];
  return (name === undefined || otherName === undefined || name === otherName) && haveCommon(first.own, second.own);
}

/** The names that a project's own networks have on the host. */
function ownNames(root: string, candidate: Candidate): string[] {
  const folder = homeOf(root, candidate);
  const project = explicitName(root, candidate) ?? statedName(root, candidate) ?? normalisedName(basename(folder));
  return ["default", ...keysOf(candidate).own].map((key) => `${project}_${key}`);
}

/**
 * Whether two candidates are one project by a name that their files give, or by the folder that they share. A name that is guessed
 * from those of files and folders says nothing: `prime/ai-stack.yml` and `legion/ai-stack.yml` may be of two hosts.
 */
function isOneProject(root: string, one: Candidate, other: Candidate): boolean {
  const [name, otherName] = [explicitName(root, one), explicitName(root, other)];
  if (name !== undefined || otherName !== undefined) return name === otherName;
  return !isStack(one) && !isStack(other) && homeOf(root, one) === homeOf(root, other);
}

/** The name that the files of a project give it, or the env file next to them. */
function explicitName(root: string, candidate: Candidate): string | undefined {
  return (
    environmentAt(homeOf(root, candidate)).get("COMPOSE_PROJECT_NAME") ??
    candidate.files.findLast(({ name }) => name !== undefined)?.name
  );
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
