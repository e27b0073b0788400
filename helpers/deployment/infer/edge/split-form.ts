import { isDeepStrictEqual } from "node:util";
import type { AccessInput, HostInput, PolicyInput, Stated } from "../policy-input.ts";

type PublicInput = NonNullable<PolicyInput["public"]>[number];
type RefusalInput = NonNullable<PolicyInput["refusal"]>;

/** The short form of a gateway whose hosts are all split alike: some paths are open, everything else needs a credential. */
export interface SplitForm {
  public: readonly PublicInput[];
  refusal: RefusalInput;
}

/** The short form of hosts with access rules; undefined where it does not say the same. */
export function splitForm(hosts: readonly Stated<HostInput>[]): SplitForm | undefined {
  const [first, ...others] = hosts.map(({ value }) => value.access ?? []);
  if (first === undefined || others.some((access) => !isDeepStrictEqual(access, first))) return undefined;
  const last = first.at(-1);
  const refusal = last && refusalOf(last);
  const open = first.slice(0, -1).map(publicPaths);
  const every = open.flatMap((paths) => paths ?? []);
  if (refusal === undefined || open.includes(undefined)) return undefined;
  return { public: every.toSorted((a, b) => (a.path < b.path ? -1 : 1)), refusal };
}

function refusalOf({ who, status, challenge, paths, methods }: AccessInput): RefusalInput | undefined {
  if (who !== "bearer" || paths !== undefined || methods !== undefined) return undefined;
  if (status === 401) return challenge === undefined ? undefined : { status, challenge };
  return (status === 403 || status === 404) && challenge === undefined ? { status } : undefined;
}

/** The paths of a rule that opens them, each alone or with everything below it; undefined for any other rule. */
function publicPaths({ who, status, why, paths = [], methods }: AccessInput): PublicInput[] | undefined {
  const alone = paths.filter((path) => !path.endsWith("/**"));
  const below = paths.filter((path) => path.endsWith("/**")).map((path) => path.slice(0, -"/**".length));
  const isPlain = alone.every((path) => path === "/" || !path.endsWith("/"));
  if (who !== "anyone" || why === undefined || methods !== undefined || !isPlain) return undefined;
  if (alone.length === 0 || below.some((path) => path === "" || !alone.includes(path))) return undefined;
  return alone.map((path) => ({
    path,
    ...(below.includes(path) ? { below: true } : {}),
    ...(status === undefined ? {} : { status }),
    why,
  }));
}
