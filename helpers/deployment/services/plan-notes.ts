import type { NoteList } from "../source/note-list.ts";
import type { Deployment } from "../types.ts";
import type { LaunchedServer } from "./launched-servers.ts";
import { serviceAdvice, stdioAdvice } from "./launcher-advice.ts";
import { leftOutPorts } from "./left-out-ports.ts";
import type { OwnScript } from "./own-script.ts";
import { packageText } from "./package-spec.ts";
import { type PlannedService, planServices, unneeded } from "./service-plan.ts";
import { type PlannedStdioServer, stdioServers } from "./stdio-servers.ts";

/** Adds what a reader should know about the services and upstreams that a run replaces, installs or leaves out. */
export function notePlan(deployment: Deployment, notes: NoteList): void {
  noteServices(deployment, notes);
  if (deployment.policy.reach.length > 0) notePorts(deployment, notes);
  for (const server of stdioServers(deployment)) noteStdioServer(server, notes);
  for (const { name, standIn, leftOut, location } of deployment.policy.upstreams) {
    if (standIn)
      notes.add(
        "not-proved",
        location,
        `a stand-in replaces the upstream ${name}`,
        "its tools have the names that the policy lists, and the stand-in's own descriptions, schemas and answers",
      );
    if (leftOut !== undefined) notes.add("not-proved", location, `the upstream ${name} is left out`, leftOut);
  }
}

function noteServices(deployment: Deployment, notes: NoteList): void {
  const leftOut: PlannedService[] = [];
  for (const planned of planServices(deployment).values()) {
    const { service, run, reason } = planned;
    if (run.as === "part") {
      noteLaunched(planned, run.launched, notes);
      for (const { what, why, fix, location } of service.absentMounts) notes.add("finding", location, what, why, fix);
    }
    if (run.as === "part" || run.as === "login-part") continue;
    if (run.as === "left-out" && reason === unneeded) leftOut.push(planned);
    else
      notes.add(
        "not-proved",
        service.location,
        `service ${service.key} is ${run.as === "left-out" ? "left out" : "replaced by a stand-in"}`,
        reason,
      );
  }
  const [first] = leftOut;
  if (first === undefined) return;
  const names = leftOut.map(({ service }) => service.key).join(", ");
  notes.add("change", first.service.location, `the run leaves out: ${names}`, "no check needs them");
}

function notePorts(deployment: Deployment, notes: NoteList): void {
  for (const { service, port } of leftOutPorts(deployment))
    notes.add(
      "not-proved",
      port.location,
      `port ${port.host} of the host is published by ${service.key}, which the run leaves out`,
      "nothing listens there in a run, so that no check says who reaches it",
    );
}

function noteLaunched({ service }: PlannedService, launched: readonly LaunchedServer[], notes: NoteList): void {
  for (const { launcher, packages: [first] = [] } of launched) {
    if (first === undefined) continue;
    notes.add(
      "change",
      service.location,
      `${packageText(first)} is installed before the run, and ${launcher.name} in ${service.key} starts what is installed`,
      "nothing is fetched during a run",
    );
    const { what, why, fix } = serviceAdvice(launcher, service.key);
    notes.add("finding", service.location, what, why, fix, "advice");
  }
}

function noteStdioServer({ upstream, server }: PlannedStdioServer, notes: NoteList): void {
  const { name, command, location } = upstream;
  if (server === undefined) {
    notes.add(
      "not-proved",
      location,
      `nothing says which package the upstream ${name} is (${command})`,
      "nothing is fetched during a run, so it can't start",
      `name its package in the policy (upstreams: ${name}: package:), or set left_out: or stand_in: there`,
    );
    return;
  }
  noteScript(upstream, server.script, notes);
  const { launcher, packages: [first] = [] } = server;
  if (launcher === undefined || first === undefined) return;
  const text = packageText(first);
  notes.add(
    "change",
    location,
    `${text} is installed before the run, and ${launcher.name} starts what is installed`,
    "nothing is fetched during a run",
  );
  const advice = stdioAdvice(launcher, name);
  if (advice !== undefined) notes.add("finding", location, advice.what, advice.why, advice.fix, "advice");
}

function noteScript(
  { name, location }: PlannedStdioServer["upstream"],
  script: OwnScript | undefined,
  notes: NoteList,
): void {
  const modules = script?.node?.modules;
  if (modules === undefined) return;
  const names = modules.imported.map((one) => one.name).join(", ");
  const versions =
    modules.lock !== undefined
      ? "in the versions of package-lock.json"
      : modules.newest.length > 0
        ? "in the newest version where no file names one"
        : "in versions that package.json allows";
  notes.add(
    "change",
    location,
    `what the script of ${name} imports is installed before the run: ${names}, ${versions}`,
    `the deployment's files have no node_modules with it, and nothing is fetched during a run`,
  );
}
