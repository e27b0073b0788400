import type { Candidate } from "../candidate/types.ts";
import type { InstalledPackage, Supply } from "../observe/subject.ts";
import type { PackageProvenance } from "../provenance/provenance.ts";
import { type Case, conditional, fail, failIfAny, type Judgement, notApplicable, pass } from "./judgement.ts";
import { knownBad } from "./known-bad.ts";

type SupplyItem = 1 | 2 | 3 | 4 | 5 | 6;

/** Judges where the candidate comes from. */
export function judgeSupply(own: Case): Record<SupplyItem, Judgement> {
  const { supply, candidate } = own;
  if (supply === undefined) {
    const none = notApplicable("it was not installed, so nothing is known of its packages");
    return { 1: none, 2: none, 3: none, 4: none, 5: none, 6: none };
  }
  return {
    1: pinned(supply),
    2: licence(supply, candidate),
    3: provenance(supply, candidate),
    4: owner(supply, candidate),
    5: releases(supply),
    6: variables(supply, candidate),
  };
}

function pinned(supply: Supply): Judgement {
  const { name, version, isPinned, packages, again } = supply;
  if (!isPinned)
    return fail(
      `the candidate file names no exact version of ${name}`,
      "name the version (npm:NAME@1.2.3, pypi:NAME==1.2.3), or the image's digest",
    );
  return failIfAny(
    installedDifferences(packages, again).map(({ text }) => text),
    "pin the packages that differ under server.with in the candidate file",
    `${name} ${version}, ${packages.length} packages; a second installation has the same versions and digests`,
  );
}

/** How one package differs between two installations. */
export interface InstalledDifference {
  name: string;
  /** The version is the same, and its files are others. */
  hasOtherFiles: boolean;
  /** In one line, with both versions or digests. */
  text: string;
}

/** How two installations differ, one for each package. */
export function installedDifferences(
  before: readonly InstalledPackage[],
  after: readonly InstalledPackage[],
): InstalledDifference[] {
  const old = new Map(before.map((one) => [one.name, one]));
  const now = new Map(after.map((one) => [one.name, one]));
  return [...new Set([...old.keys(), ...now.keys()])].toSorted().flatMap((name) => {
    const [was, is] = [old.get(name), now.get(name)];
    const differs = (text: string, hasOtherFiles = false) => [{ name, hasOtherFiles, text: `${name} ${text}` }];
    if (was === undefined) return differs(`${is?.version} is new`);
    if (is === undefined) return differs(`${was.version} is gone`);
    if (was.version !== is.version) return differs(`was ${was.version}, and is ${is.version}`);
    if (was.digest === is.digest) return [];
    return differs(`${is.version} has other files: ${was.digest} became ${is.digest}`, true);
  });
}

function licence({ licence: found, name }: Supply, { licences }: Candidate): Judgement {
  if (found === undefined)
    return conditional(`${name} states no licence`, "somebody reads its terms, and names the licence in the file");
  const ids = found.split(/\s+(?:OR|AND)\s+|[()]/).filter((id) => id.trim() !== "");
  const isAllowed = found.includes(" AND ")
    ? ids.every((id) => licences.includes(id.trim()))
    : ids.some((id) => licences.includes(id.trim()));
  if (isAllowed) return pass(found);
  return fail(
    `${name} is under ${found}; allowed are ${licences.join(", ")}`,
    "ask who decides, and add it to licences",
  );
}

function provenance({ provenance: all, ecosystem }: Supply, { source }: Candidate): Judgement {
  if (ecosystem === "image") return notApplicable("an image's signature is not asked for");
  const wrong = all.flatMap((one) => [
    ...one.wrong.map((what) => `${one.package}: ${what}`),
    ...foreignSources(one, all[0] === one ? source : undefined),
  ]);
  if (wrong.length > 0)
    return fail(wrong, "do not use it before its publisher has explained this; install a release that can be verified");
  const unverified = all.flatMap((one) => (one.unverified === undefined ? [] : [`${one.package}: ${one.unverified}`]));
  if (unverified.length > 0)
    return conditional(
      unverified.join("\n"),
      "the gate runs again where the registry answers, so that signature and provenance are verified",
    );
  const offered = all.filter((one) => one.offered.length > 0);
  const names = all.map((one) => one.package).join(", ");
  if (offered.length === 0) return notApplicable(`the registry offers neither signature nor provenance for ${names}`);
  return pass(all.map(provenanceText).join("\n"));
}

/** Repositories that the certificates name, and that are not the project's. */
function foreignSources({ package: name, builtFrom }: PackageProvenance, source: string | undefined): string[] {
  if (source === undefined) return [];
  return builtFrom
    .filter((one) => !sameAddress(source, one) && !sameAddress(one, source))
    .map((one) => `${name} was built from ${one}, and the project is ${source}`);
}

function provenanceText({ package: name, offered, builtFrom }: PackageProvenance): string {
  if (offered.length === 0) return `${name}: the registry offers none`;
  const from = [...new Set(builtFrom)];
  return `${name}: ${offered.join(", ")} verified${from.length === 0 ? "" : `, built from ${from.join(", ")}`}`;
}

function owner({ name, addresses }: Supply, { source }: Candidate): Judgement {
  const named = addresses.map(({ url, from }) => `${url} (${from})`).join(", ") || "no address";
  if (source === undefined)
    return conditional(
      `${name} names ${named}`,
      "the candidate file names the project's own address in source, so that a look-alike is seen",
    );
  const match = addresses.find(({ url }) => sameAddress(url, source));
  if (match !== undefined) return pass(`${name} names ${source} (${match.from})`);
  return fail(
    `the project is ${source}, and ${name} names ${named}`,
    "compare the package's owner in its registry with the project's: it may be a look-alike",
  );
}

/** Whether two addresses are of one project: `git+https://github.com/a/b.git#readme` is `https://github.com/a/b`. */
function sameAddress(one: string, other: string): boolean {
  const plain = (url: string): string =>
    url
      .toLowerCase()
      .replace(/^git\+/, "")
      .replace(/[#?].*$/, "")
      .replace(/\.git$/, "")
      .replace(/\/$/, "");
  return plain(one) === plain(other) || plain(one).startsWith(`${plain(other)}/`);
}

function releases({ packages, ecosystem }: Supply): Judgement {
  const findings = packages.flatMap((one) => [
    ...knownBad(ecosystem, one).map((why) => `${one.name} ${one.version}: ${why}`),
    ...(one.deprecated === undefined ? [] : [`${one.name} ${one.version} is deprecated: ${one.deprecated}`]),
  ]);
  return failIfAny(findings, "use a release that is not affected", `none of ${packages.length} packages is listed`);
}

/** What every program may read without a declaration. */
const usual =
  /^(HOME|PATH|PWD|USER|SHELL|LANG|LC_\w+|TZ|TERM|TMPDIR|TEMP|TMP|CI|DEBUG|NODE_\w+|npm_\w+|PYTHON\w+|NO_COLOR|FORCE_COLOR|XDG_\w+|(?:https?|no|all)_proxy|(?:HTTPS?|NO|ALL)_PROXY|SSL_CERT_\w+|APPDATA|LOCALAPPDATA|USERPROFILE|COMPUTERNAME|HOSTNAME)$/;

function variables({ variables: read }: Supply, { environment, unset, secrets }: Candidate): Judgement {
  const declared = new Set([...environment.keys(), ...unset, ...secrets.map(({ name }) => name)]);
  const undeclared = read.filter((name) => !declared.has(name) && !usual.test(name));
  return failIfAny(
    undeclared.map((name) => `its code reads ${name}`),
    `declare each in env, or in unset_env where it stays unset on purpose: unset_env: [${undeclared.join(", ")}]`,
    read.length === 0 ? "its code reads none" : `all ${read.length} that its code reads are declared`,
  );
}
