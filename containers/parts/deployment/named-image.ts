import type { ComposeService } from "../../../helpers/deployment/types.ts";

/**
 * The operator's name of a service's image, where it names the version that runs: it is pulled from there.
 *
 * @param running the version that runs; undefined for the one that the image's tag names
 */
export function namedImage({ image, version }: ComposeService, running: string | undefined): string | undefined {
  return version !== undefined && (running === undefined || running === version) ? image?.value : undefined;
}
