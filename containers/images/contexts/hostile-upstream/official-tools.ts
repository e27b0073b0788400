import { setTimeout as wait } from "node:timers/promises";
import { audio, image } from "./official-contents.ts";

type Json = Record<string, unknown>;

/** Whoever called a tool, while the tool runs. */
export interface Caller {
  /** Sends a log message of the level `info`. */
  log(data: string): void;
  /** Reports progress, if the caller asked for it. */
  progress(progress: number, total: number): void;
  /**
   * Sends a request to the caller.
   *
   * @param capability that the request needs
   * @returns its result; undefined for a caller without the capability, and for an error
   */
  ask(capability: string, method: string, params: Json): Promise<Json | undefined>;
  /** Closes the stream of the call, which the caller then resumes. Does nothing for a caller of a revision without it. */
  closeStream(): Promise<void>;
}

/** A tool of the upstream `official`. */
interface Tool {
  description: string;
  inputSchema: Json;
  call(input: Json, caller: Caller): Promise<Json> | Json;
}

/** Time between two messages of a tool, in milliseconds, as the scenarios' descriptions have it. */
const pause = 50;

const noInput = { type: "object", properties: {} };
const oneText = (name: string): Json => ({
  type: "object",
  properties: { [name]: { type: "string" } },
  required: [name],
});
const text = (value: string): Json => ({ content: [{ type: "text", text: value }] });
const failed = (value: string): Json => ({ ...text(value), isError: true });
const returns = (description: string, ...content: Json[]): Tool => ({
  description,
  inputSchema: noInput,
  call: () => ({ content }),
});

/** A tool that asks the caller's user. */
function asks(description: string, properties: Json): Tool {
  return {
    description,
    inputSchema: noInput,
    call: (_, caller) => elicit(caller, "Please fill in the form", { type: "object", properties }),
  };
}

async function elicit({ ask }: Caller, message: string, requestedSchema: Json): Promise<Json> {
  const answer = await ask("elicitation", "elicitation/create", { message, requestedSchema });
  if (answer === undefined) return failed("the client has no elicitation, or refused it");
  return text(`Elicitation completed: action=${String(answer.action)}, content=${JSON.stringify(answer.content)}`);
}

/** The tools that the official scenarios call, by name. */
export const tools: Readonly<Record<string, Tool>> = {
  test_simple_text: returns("Returns text.", { type: "text", text: "This is a simple text response for testing." }),
  test_image_content: returns("Returns an image.", image),
  test_audio_content: returns("Returns audio.", audio),
  test_embedded_resource: returns("Returns a resource.", {
    type: "resource",
    resource: {
      uri: "test://embedded-resource",
      mimeType: "text/plain",
      text: "This is an embedded resource content.",
    },
  }),
  test_multiple_content_types: returns(
    "Returns content of three types.",
    { type: "text", text: "Multiple content types test:" },
    image,
    {
      type: "resource",
      resource: {
        uri: "test://mixed-content-resource",
        mimeType: "application/json",
        text: '{"test":"data","value":123}',
      },
    },
  ),
  test_error_handling: {
    description: "Fails.",
    inputSchema: noInput,
    call: () => failed("This tool intentionally returns an error for testing"),
  },
  test_tool_with_logging: {
    description: "Sends three log messages.",
    inputSchema: noInput,
    async call(_, caller) {
      caller.log("Tool execution started");
      await wait(pause);
      caller.log("Tool processing data");
      await wait(pause);
      caller.log("Tool execution completed");
      return text("It sent three log messages.");
    },
  },
  test_tool_with_progress: {
    description: "Reports its progress three times.",
    inputSchema: noInput,
    async call(_, caller) {
      caller.progress(0, 100);
      await wait(pause);
      caller.progress(50, 100);
      await wait(pause);
      caller.progress(100, 100);
      return text("It reported its progress three times.");
    },
  },
  test_sampling: {
    description: "Asks the caller's model.",
    inputSchema: oneText("prompt"),
    async call({ prompt }, { ask }) {
      const messages = [{ role: "user", content: { type: "text", text: prompt } }];
      const answer = await ask("sampling", "sampling/createMessage", { messages, maxTokens: 100 });
      if (answer === undefined) return failed("the client has no sampling, or refused it");
      return text(`LLM response: ${String((answer.content as Json | undefined)?.text)}`);
    },
  },
  test_elicitation: {
    description: "Asks the caller's user.",
    inputSchema: oneText("message"),
    call: (input, caller) =>
      elicit(caller, String(input.message), {
        type: "object",
        properties: {
          username: { type: "string", description: "User's response" },
          email: { type: "string", description: "User's email address" },
        },
        required: ["username", "email"],
      }),
  },
  test_elicitation_sep1034_defaults: asks("Asks the caller's user, with defaults.", {
    name: { type: "string", default: "John Doe" },
    age: { type: "integer", default: 30 },
    score: { type: "number", default: 95.5 },
    status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
    verified: { type: "boolean", default: true },
  }),
  test_elicitation_sep1330_enums: asks("Asks the caller's user to choose.", {
    untitledSingle: { type: "string", enum: ["option1", "option2", "option3"] },
    titledSingle: { type: "string", oneOf: titled("First Option", "Second Option") },
    legacyEnum: { type: "string", enum: ["opt1", "opt2"], enumNames: ["Option One", "Option Two"] },
    untitledMulti: { type: "array", items: { type: "string", enum: ["option1", "option2", "option3"] } },
    titledMulti: { type: "array", items: { anyOf: titled("First Choice", "Second Choice") } },
  }),
  test_reconnection: {
    description: "Closes the stream of the call before it answers.",
    inputSchema: noInput,
    async call(_, caller) {
      await caller.closeStream();
      return text("The stream was closed, and resumed.");
    },
  },
  json_schema_2020_12_tool: {
    description: "Tool with JSON Schema 2020-12 features",
    inputSchema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      $defs: {
        address: { type: "object", properties: { street: { type: "string" }, city: { type: "string" } } },
      },
      properties: { name: { type: "string" }, address: { $ref: "#/$defs/address" } },
      additionalProperties: false,
    },
    call: () => text("It has nothing to do."),
  },
};

function titled(...titles: readonly string[]): Json[] {
  return titles.map((title, index) => ({ const: `value${index + 1}`, title }));
}
