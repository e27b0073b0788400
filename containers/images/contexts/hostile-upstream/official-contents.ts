type Json = Record<string, unknown>;

/** A prompt of the upstream `official`. */
interface Prompt {
  description: string;
  arguments?: readonly { name: string; required: boolean }[];
  get(input: Readonly<Record<string, string>>): Json[];
}

/** One pixel. */
const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
/** A header, and no sound. */
const wav = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";

/** Content of a tool or a prompt. */
export const image = { type: "image", data: png, mimeType: "image/png" } as const;
/** Content of a tool. */
export const audio = { type: "audio", data: wav, mimeType: "audio/wav" } as const;

/** As `resources/list` returns them. */
export const resources = [
  { uri: "test://static-text", name: "static-text", description: "A text.", mimeType: "text/plain" },
  { uri: "test://static-binary", name: "static-binary", description: "An image.", mimeType: "image/png" },
  { uri: "test://watched-resource", name: "watched", description: "One to subscribe to.", mimeType: "text/plain" },
] as const;

/** As `resources/templates/list` returns them. */
export const resourceTemplates = [
  {
    uriTemplate: "test://template/{id}/data",
    name: "template",
    description: "A resource of each id.",
    mimeType: "application/json",
  },
] as const;

/** The content of a resource; undefined for one that does not exist. */
export function readResource(uri: string): Json | undefined {
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (id !== undefined) {
    const data = { id, templateTest: true, data: `Data for ID: ${id}` };
    return { uri, mimeType: "application/json", text: JSON.stringify(data) };
  }
  const known = resources.find((one) => one.uri === uri);
  if (known === undefined) return undefined;
  const { name, mimeType } = known;
  if (mimeType === "image/png") return { uri, mimeType, blob: png };
  return { uri, mimeType, text: `This is the content of the ${name} resource.` };
}

const say = (content: Json): Json => ({ role: "user", content });
const text = (value: string): Json => say({ type: "text", text: value });

/** The prompts that the official scenarios get, by name. */
export const prompts: Readonly<Record<string, Prompt>> = {
  test_simple_prompt: {
    description: "A prompt without arguments.",
    get: () => [text("This is a simple prompt for testing.")],
  },
  test_prompt_with_arguments: {
    description: "A prompt with two arguments.",
    arguments: [
      { name: "arg1", required: true },
      { name: "arg2", required: true },
    ],
    get: ({ arg1, arg2 }) => [text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
  },
  test_prompt_with_embedded_resource: {
    description: "A prompt with a resource.",
    arguments: [{ name: "resourceUri", required: true }],
    get: ({ resourceUri = "" }) => [
      say({
        type: "resource",
        resource: { uri: resourceUri, mimeType: "text/plain", text: "Embedded resource content for testing." },
      }),
      text("Please process the embedded resource above."),
    ],
  },
  test_prompt_with_image: {
    description: "A prompt with an image.",
    get: () => [say(image), text("Please analyze the image above.")],
  },
};

/** What completes a prompt's argument. */
export function completions({ argument }: { argument?: { value?: string } }): Json {
  const values = ["paris", "park", "party", "test"].filter((one) => one.startsWith(argument?.value ?? ""));
  return { values, total: values.length, hasMore: false };
}
