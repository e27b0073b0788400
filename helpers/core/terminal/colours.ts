import pc from "picocolors";

/**
 * Colours for a stream that is a terminal, or the log of a GitHub job. `NO_COLOR` and `FORCE_COLOR` override this.
 * picocolors' own detection would colour every stream, files included, while `CI` is set.
 */
export function coloursFor(stream: { isTTY?: boolean }, environment: NodeJS.ProcessEnv = process.env): Colours {
  const { NO_COLOR: no, FORCE_COLOR: force, TERM: term, GITHUB_ACTIONS: actions } = environment;
  const shown = (stream.isTTY === true && term !== "dumb") || actions === "true";
  return pc.createColors(!no && (Boolean(force) || shown));
}

/** Functions that colour a text, or return it unchanged when the stream has no colours. */
export type Colours = ReturnType<typeof pc.createColors>;
