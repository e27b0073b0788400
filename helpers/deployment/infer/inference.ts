import type { HostRoute } from "../services/host-route.ts";
import type { SourceLocation } from "../source/location.ts";
import type { TraefikPlaceholder } from "../traefik/placeholders.ts";
import type { DeploymentView } from "./deployment-view.ts";
import type { AllowList, WrittenAllowList } from "./edge/allow-lists.ts";
import type { EdgeView } from "./edge/edge-view.ts";
import type { ObservedHost } from "./edge/observe-hosts.ts";
import type { LiteLLMStatus } from "./edge/state-access.ts";
import type { UnservedRouter } from "./edge/unserved-routers.ts";
import type { FoundProjects } from "./files/projects.ts";
import type { HostValues } from "./host/host-values.ts";
import type { UpstreamKnowledge } from "./sections/upstreams.ts";

/** What a policy is derived from. */
export interface Inference {
  view: DeploymentView;
  /** The same, with each secret replaced by a text of its own. */
  marked: DeploymentView;
  /** The URLs by which Traefik reaches LiteLLM through an address of the host. */
  hostRoutes: readonly HostRoute[];
  projects: FoundProjects;
  /** What stands for values of the host that no file gives. */
  host: HostValues;
  edge: Pick<EdgeView, "entryPoints">;
  /** The routers to LiteLLM that Traefik serves nowhere. */
  unserved: readonly UnservedRouter[];
  /** Whether a file of Traefik's file provider has LiteLLM's address. */
  hasAddressInFiles: boolean;
  /** Where the host has the files of Traefik's file provider, which are not in the folder; undefined where they are known. */
  unknownFiles: { source: string; location: SourceLocation } | undefined;
  /** The examples that stand for files of Traefik's file provider which are missing next to them; absolute paths. */
  examples: readonly { path: string; file: string }[];
  /** Texts in Traefik's configuration that nobody has replaced. */
  traefikPlaceholders: readonly TraefikPlaceholder[];
  /** The ranges of an allow list of Traefik as the files have them, by its name in Traefik's API. */
  allowListOf(list: AllowList): WrittenAllowList | undefined;
  /** The port of Traefik's own entry point, where it answers pings or metrics and has no API. */
  ownPort: number | undefined;
  /** What was asked of Traefik, or of its model. */
  observed: readonly ObservedHost[];
  /** LiteLLM's answers to a GET without a key, where it was asked. */
  statusOf: LiteLLMStatus;
  upstreams: UpstreamKnowledge;
  /** Services whose images can be neither pulled nor built here, by key, with the reason. */
  missing: ReadonlyMap<string, string>;
  /** The versions of parts that an earlier policy states: they stay. */
  partVersions: ReadonlyMap<string, string>;
  /** Whether there is a Traefik, and it does not stand in front of LiteLLM. */
  hasUnrelatedTraefik?: boolean;
  /** How the answers came about, for the head of the file. */
  remarks: readonly string[];
}
