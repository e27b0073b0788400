import { mistyped } from "../../core/text/nearest.ts";
import type { FaultList } from "../source/fault-list.ts";
import type { SourceLocation, Written } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";
import { locationOf, nodeAt, type YamlMap, type YamlNode } from "../source/yaml-tree.ts";
import { resolveReference } from "./references.ts";
import type { ConfigFinding, ConfigGap } from "./types.ts";
import { unreadFile } from "./unread-files.ts";
import { atLeast, type RunningVersion, withGuess } from "./version.ts";

const variableName = "LITELLM_MASTER_KEY";

const fixWithConfig = `set general_settings.master_key to os.environ/${variableName}, and that variable to a long random value`;
const fixOfVariable = `set ${variableName} to a long random value in LiteLLM's environment`;

/** A text that is accepted as a key where LiteLLM has no master key. */
const anyKey = "sk-any-key-is-an-admin-here";

/** LiteLLM's master key. */
export interface MasterKey {
  key: string;
  /** Why LiteLLM lets every caller in; undefined where it demands a key. */
  admitsEveryone: ConfigFinding | undefined;
}

/** What reading the master key needs of the rest of the deployment. */
export interface MasterKeyContext extends RunningVersion {
  faults: FaultList;
  notes: NoteList;
  /** The service, for a key that no line is about. */
  nowhere: SourceLocation;
  /** Why LiteLLM has no config, where it is meant to have one. */
  gap: ConfigGap | undefined;
}

/**
 * The master key that LiteLLM takes: `general_settings.master_key`, else the variable `LITELLM_MASTER_KEY`. An empty value
 * under general_settings hides the variable. Without one, 1.77.1 starts and takes every caller for an admin; 1.106.2 refuses
 * to start. Measured with both.
 */
export function readMasterKey(
  root: YamlMap,
  environment: ReadonlyMap<string, Written<string>>,
  { version, fixOfGuess, faults, notes, nowhere, gap }: MasterKeyContext,
): MasterKey {
  const written = nodeAt(root, "general_settings", "master_key");
  const variable = environment.get(variableName);
  const section = textOf(nodeAt(root, "environment_variables", variableName));
  const own = written === undefined ? (section ?? variable?.value) : resolve(textOf(written), environment);
  const location =
    written === undefined
      ? root.entries.size === 0
        ? nowhere
        : locationOf(root, ["general_settings", "master_key"])
      : locationOf(root, ["general_settings", "master_key"]);
  if (written?.kind === "scalar" && written.value !== null && typeof written.value !== "string")
    faults.add(location, "general_settings.master_key is not a text: LiteLLM refuses to start", "put it into quotes");

  if (own !== undefined && own.trim() !== "") {
    reportElsewhere(root, notes);
    if (own === "sk-1234") {
      const what = "the master key is LiteLLM's well-known example";
      const isOfVariable = written === undefined && section === undefined;
      const at = (isOfVariable ? variable?.location : undefined) ?? location;
      const fix = isOfVariable ? fixOfVariable : fixWithConfig;
      if (permitsWeakKey(root, environment) || !atLeast(version, "1.106.2"))
        notes.add("finding", at, what, "anyone can guess it, and newer versions refuse to start with it", fix);
      else faults.add(at, `${what}: LiteLLM ${version} refuses to start with it`, withGuess(fix, fixOfGuess));
    }
    return { key: own, admitsEveryone: trustedHeaders(root, version, notes) };
  }

  const meant = elsewhere(root);
  const finding: ConfigFinding =
    meant === undefined
      ? {
          ...(root.entries.size === 0
            ? withoutConfig(gap, environment, nowhere)
            : withoutKey(textOf(written), environment, location, fixWithConfig)),
          why: `LiteLLM ${version} takes every caller for an admin then, with any key and without one`,
        }
      : {
          location: meant.location,
          what: `the master key is under ${meant.section}`,
          why: `LiteLLM reads it under general_settings only, so it has none, and ${version} takes every caller for an admin`,
          fix: "move it to general_settings.master_key, or set the variable LITELLM_MASTER_KEY",
        };
  if (atLeast(version, "1.106.2") && !permitsWeakKey(root, environment))
    faults.add(
      finding.location,
      `${finding.what}: LiteLLM ${version} refuses to start without one`,
      withGuess(finding.fix, fixOfGuess),
    );
  else notes.add("finding", finding.location, finding.what, finding.why, finding.fix);
  return { key: resolve(textOf(meant?.node), environment) ?? anyKey, admitsEveryone: finding };
}

/** Why a LiteLLM that reads no config has no master key. */
function withoutConfig(
  gap: ConfigGap | undefined,
  environment: ReadonlyMap<string, Written<string>>,
  nowhere: SourceLocation,
): Omit<ConfigFinding, "why"> {
  const found = withoutKey(undefined, environment, nowhere, fixOfVariable);
  if (found.location !== nowhere || gap === undefined) return found;
  return {
    location: gap.location,
    what: `${gap.what}, so LiteLLM has no master key`,
    fix: `${gap.fix}, and ${fixOfVariable}`,
  };
}

/**
 * Why LiteLLM has no master key, where none stands in another section.
 *
 * @param fix where neither the config nor a variable says what was meant
 */
function withoutKey(
  written: string | undefined,
  environment: ReadonlyMap<string, Written<string>>,
  location: SourceLocation,
  fix: string,
): Omit<ConfigFinding, "why"> {
  const [, name] = /^os\.environ\/(\w+)$/.exec(written ?? "") ?? [];
  const meant = name ?? variableName;
  const inFile = unreadFile(meant, environment);
  if (inFile !== undefined)
    return {
      location: inFile.location,
      what: `LiteLLM has no master key: it does not read ${meant}_FILE`,
      fix: inFile.fix,
    };
  if (name === undefined) return { location, what: "LiteLLM has no master key", fix };
  const variable = environment.get(name);
  const state = variable === undefined ? "not set" : "empty";
  const set = [...environment].flatMap(([one, { value }]) => (value.trim() === "" ? [] : [one]));
  const near = variable === undefined ? mistyped(name, set) : undefined;
  return {
    location: variable?.location ?? location,
    what: `LiteLLM has no master key: general_settings.master_key reads ${name}, which is ${state}`,
    fix:
      near === undefined
        ? `set ${name} to a long random value in LiteLLM's environment`
        : `write os.environ/${near}, which LiteLLM's environment has`,
  };
}

/**
 * `enable_oauth2_proxy_auth` with mappings: LiteLLM takes the caller for the user that a proxy's headers name. 1.77.1 does so
 * for a request without these headers too; 1.106.2 answers 401 unless the request comes from `trusted_proxy_ranges`.
 * Measured with both.
 */
function trustedHeaders(root: YamlMap, version: string, notes: NoteList): ConfigFinding | undefined {
  const setting = ["general_settings", "enable_oauth2_proxy_auth"];
  const mappings = nodeAt(root, "general_settings", "oauth2_config_mappings");
  if (textOf(nodeAt(root, ...setting)) !== "true" || mappings?.kind !== "map" || atLeast(version, "1.106.2"))
    return undefined;
  const finding: ConfigFinding = {
    location: locationOf(root, setting),
    what: "enable_oauth2_proxy_auth is on",
    why: `LiteLLM ${version} then lets every caller in, with any key, without one, and without the proxy's headers`,
    fix: "judge logins in front of LiteLLM (forwardAuth) and leave this setting out, or use LiteLLM 1.106.2 with trusted_proxy_ranges",
  };
  notes.add("finding", finding.location, finding.what, finding.why, finding.fix);
  return finding;
}

/** A master key where LiteLLM does not read it. */
function elsewhere(root: YamlMap): { node: YamlNode; section: string; location: SourceLocation } | undefined {
  for (const path of [["litellm_settings"], ["router_settings"], []]) {
    const node = nodeAt(root, ...path, "master_key");
    if (node !== undefined)
      return { node, section: path[0] ?? "the top level", location: locationOf(root, [...path, "master_key"]) };
  }
  return undefined;
}

function reportElsewhere(root: YamlMap, notes: NoteList): void {
  const meant = elsewhere(root);
  if (meant === undefined) return;
  notes.add(
    "finding",
    meant.location,
    `a master key is under ${meant.section}`,
    "LiteLLM reads it under general_settings only; another one counts",
    "remove it, or move it to general_settings.master_key",
  );
}

/** LiteLLM's own switch for local development, from 1.106.2 on. */
function permitsWeakKey(root: YamlMap, environment: ReadonlyMap<string, Written<string>>): boolean {
  const setting = nodeAt(root, "general_settings", "dangerously_permit_weak_or_unset_master_key");
  return (
    textOf(setting) === "true" ||
    /^true$/i.test(environment.get("LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY")?.value ?? "")
  );
}

function resolve(text: string | undefined, environment: ReadonlyMap<string, Written<string>>): string | undefined {
  return text === undefined ? undefined : resolveReference(text, environment);
}

function textOf(node: YamlNode | undefined): string | undefined {
  return node?.kind === "scalar" && node.value !== null ? String(node.value) : undefined;
}
