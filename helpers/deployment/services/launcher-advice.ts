import type { Launcher } from "./stdio-servers.ts";

/** What an operator should know about a launcher, as a finding. */
export interface LauncherAdvice {
  what: string;
  why: string;
  fix: string;
}

/** Of a server that LiteLLM starts; undefined where its launcher fetches a fixed image once. */
export function stdioAdvice(launcher: Launcher, upstream: string): LauncherAdvice | undefined {
  const { name, target, isPinned } = launcher;
  const place = name === "docker" ? "the gateway host" : "LiteLLM's container";
  if (launcher.offline !== undefined)
    return offlineAdvice(launcher, { subject: `the upstream ${upstream}`, place, image: "LiteLLM's image" });
  if (name === "docker") {
    // Docker asks the registry only for an image that the host does not have.
    if (isPinned) return undefined;
    return {
      what: `the image ${target} of the upstream ${upstream} has no fixed version`,
      why: "docker fetches it once: which version runs depends on when the host did that",
      fix: `name a version of ${target}`,
    };
  }
  return {
    what: `${name} asks the registry for ${target} each time LiteLLM starts the upstream ${upstream}`,
    why:
      "LiteLLM starts a stdio server for each listing and each call: each waits for the registry, and fails without it" +
      withoutNotice(isPinned),
    fix: `install the package${isPinned ? "" : " in a fixed version"} in LiteLLM's image, and name its command`,
  };
}

/** Of a server that a compose service starts. */
export function serviceAdvice(launcher: Launcher, service: string): LauncherAdvice {
  const { name, target, isPinned, offline } = launcher;
  const image = `the image of ${service}`;
  if (offline !== undefined) return offlineAdvice(launcher, { subject: service, place: `its container`, image });
  return {
    what: `${name} asks the registry for ${target} each time ${service} starts`,
    why: `it does not start while the registry cannot be reached${withoutNotice(isPinned)}`,
    fix: `install the package${isPinned ? "" : " in a fixed version"} in ${image}`,
  };
}

function offlineAdvice(
  { name, target, offline }: Launcher,
  { subject, place, image }: { subject: string; place: string; image: string },
): LauncherAdvice {
  return {
    what: `${name} ${offline} fetches nothing: ${subject} starts only where ${place} has ${target}`,
    why: "the run installs it, so that whether the gateway has it is not tried",
    fix: name === "docker" ? `fetch ${target} on the host before` : `install the package in ${image}`,
  };
}

function withoutNotice(isPinned: boolean): string {
  return isPinned ? "" : "; without a version, another one may start without notice";
}
