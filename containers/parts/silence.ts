import type { Container } from "dockerode";
import { logText } from "./container-log.ts";

/**
 * What there is to say of a part that did not start and whose log has nothing to show: whether it has printed anything, and the state
 * of its container.
 *
 * @returns a clause; undefined where there is no such container
 */
export async function silenceOf(container: Pick<Container, "inspect" | "logs">): Promise<string | undefined> {
  try {
    const { State: state } = await container.inspect();
    const exitCode = state.Running ? "" : `, with exit code ${state.ExitCode}`;
    const error = state.Error ? ` (${state.Error})` : "";
    return `${await printedBy(container)}; the state of its container is '${state.Status}'${exitCode}${error}`;
  } catch {
    return undefined;
  }
}

async function printedBy(container: Pick<Container, "logs">): Promise<string> {
  try {
    return (await logText(container)).trim() === ""
      ? "it printed nothing"
      : "it printed nothing but the suite's own requests";
  } catch (error) {
    return `its log cannot be read (${(error as Error).message})`;
  }
}
