import { Agent } from "undici";

/**
 * For requests to the run's main process: it may have to build images first, and repeats checks that take minutes on a busy machine.
 * It limits each of its steps itself.
 */
export const withoutTimeouts = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
