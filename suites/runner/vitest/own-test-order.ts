import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Own tests that take four minutes and more, the longest first. */
const longest = ["broken-keys", "broken-authorization", "broken-edge", "broken-prompts", "variants", "run-ends"];

/**
 * The order of the suite's own tests: first those that take longest, so that no worker waits for one of them in the end. vitest
 * knows no durations on a clean clone, and starts large files first; `variants` is small.
 */
export default class OwnTestOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files);
    const first = longest.flatMap((name) => others.filter(({ moduleId }) => moduleId.endsWith(`/${name}.test.ts`)));
    return [...new Set([...first, ...others])];
  }
}
