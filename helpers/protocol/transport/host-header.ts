import type { Dispatcher } from "undici";

/**
 * A dispatcher whose requests have this `Host`. `fetch` sends that of the URL only, whatever headers it is given: `Host` is one of
 * the header names that the Fetch standard forbids.
 */
export function withHost(dispatcher: Dispatcher, host: string): Dispatcher {
  return dispatcher.compose(
    (dispatch) => (options, handler) =>
      dispatch({ ...options, headers: { ...(options.headers as Record<string, string>), host } }, handler),
  );
}
