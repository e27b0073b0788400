import { conditional, fail, failIfAny, type Judgement, notApplicable, pass, type RunningCase } from "./judgement.ts";

type AuthorizationItem = 21 | 22 | 23 | 24;

/** Judges whom the candidate lets in, and what its own credentials can do. */
export function judgeAuthorization(own: RunningCase): Record<AuthorizationItem, Judgement> {
  return { 21: tokens(own), 22: passedOn(own), 23: sessions(own), 24: rights(own) };
}

const stdio = notApplicable("it speaks stdio: only the process that starts it can ask it");

function tokens({ seen: { http } }: RunningCase): Judgement {
  if (http === undefined) return stdio;
  if (http.tokens.size === 0)
    return conditional("it demands no token", "nothing but the gateway reaches it (REACH), or it gets a token");
  const findings = [...http.tokens].flatMap(([kind, status]) =>
    status === 401 || status === 403 ? [] : [`a ${kind} token is answered with ${status ?? "nothing"}`],
  );
  return failIfAny(findings, "refuse it with 401", `${[...http.tokens.keys()].join(", ")}: refused`);
}

function passedOn({ candidate, seen, secrets }: RunningCase): Judgement {
  const name = candidate.server.listens?.token;
  const token = name === undefined ? undefined : secrets.get(name);
  if (token === undefined) return notApplicable("it gets no token of a client");
  if (candidate.needs.length === 0) return notApplicable("it needs no service that could get the token");
  const log = seen.texts.get("the logs of its services") ?? "";
  const found = log.split("\n").filter((line) => line.includes(token));
  if (found.length > 0)
    return fail(
      `${found.length} lines of the logs of its services have the client's token`,
      "use credentials of its own for what is behind it",
    );
  return pass(`the token is in no log of ${candidate.needs.map((part) => part.name).join(", ")}`);
}

function sessions({ seen: { http } }: RunningCase): Judgement {
  if (http === undefined) return stdio;
  if (http.stolenSession === undefined) return notApplicable("it has no sessions, or demands no token");
  if (http.stolenSession === 401 || http.stolenSession === 403 || http.stolenSession === 404)
    return pass(`another client's session id is answered with ${http.stolenSession}`);
  return fail(
    `another client's session id without its token is answered with ${http.stolenSession}`,
    "check the token of every request, not of the first one only",
  );
}

function rights({ candidate, seen: { refused } }: RunningCase): Judgement {
  if (refused.length === 0) {
    if (candidate.secrets.length === 0) return notApplicable("it has no credentials");
    return conditional(
      `it has ${candidate.secrets.map(({ name }) => name).join(", ")}`,
      "refused: names a command that its credentials must not be able to do",
    );
  }
  const notRun = refused.filter(({ exitCode }) => exitCode === 126 || exitCode === 127);
  if (notRun.length > 0)
    return fail(
      notRun.map(
        ({ why, command, output }) => `${why}: \`${command}\` proves nothing, it can't be run: ${output.trim()}`,
      ),
      "correct run: of refused, or name the part that has the program",
    );
  const findings = refused.flatMap(({ why, command, exitCode }) =>
    exitCode === 0 ? [`${why}: \`${command}\` succeeds with its credentials`] : [],
  );
  return failIfAny(
    findings,
    "give it credentials with fewer rights",
    refused.map(({ why, output }) => `${why}: ${output.trim().split("\n").at(-1) ?? "refused"}`).join("; "),
  );
}
