import type { ImagePart } from "../images/recipes/recipes.ts";

/** A machine with one MCP client. */
export interface ClientMachine {
  /** Name of the part, to which a client of the suite's matrix refers. */
  name: string;
  image: ImagePart;
  version: string;
}

/** The clients in every run. */
export const lightMachines: readonly ClientMachine[] = [
  { name: "codex-0.47", image: "codex", version: "0.47.0" },
  { name: "inspector", image: "inspector", version: "2.12.0" },
  { name: "python-sdk-1", image: "python-sdk", version: "1.30.0" },
  { name: "python-sdk-2", image: "python-sdk", version: "2.3.0" },
  { name: "typescript-sdk", image: "typescript-sdk", version: "1.32.2" },
];

/** The clients added by `CLIENTS=all`: one has its own licence, the other is large. */
export const heavyMachines: readonly ClientMachine[] = [
  { name: "claude-code", image: "claude-code", version: "2.1.332" },
  { name: "open-webui", image: "open-webui", version: "0.12.4" },
];
