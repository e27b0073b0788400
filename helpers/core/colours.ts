import pc from "picocolors";

/**
 * Colours for a stream: where a person looks at it, or a page that understands them. `NO_COLOR` and `FORCE_COLOR` have the
 * last word. picocolors alone would colour whatever is written while `CI` is set, files included.
 */
export function coloursFor(stream: { isTTY?: boolean }, environment: NodeJS.ProcessEnv = process.env): Colours {
  const { NO_COLOR: no, FORCE_COLOR: force, TERM: term, GITHUB_ACTIONS: actions } = environment;
  const shown = (stream.isTTY === true && term !== "dumb") || actions === "true";
  return pc.createColors(!no && (Boolean(force) || shown));
}

export type Colours = ReturnType<typeof pc.createColors>;
