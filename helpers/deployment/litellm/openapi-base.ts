import { posix } from "node:path";
import { isRecord } from "../../core/text/json.ts";

/**
 * The URL of the API behind an OpenAPI document, for a server with `spec_path` and without `url`: from the document's `servers`, its
 * `host`, or the address of the document itself.
 *
 * Source: litellm 1.106.2, mcp_server/openapi_to_mcp_generator.py, `get_base_url`.
 *
 * @param specPath a path in the container, or an address
 * @param text the document's text; undefined where none of the deployment's files is it
 * @returns a `file:` URL of the document where nothing says where the API is: LiteLLM lists its tools all the same
 */
export function openApiBase(specPath: string, text: string | undefined): string {
  const isAddress = /^https?:\/\//.test(specPath);
  const named = text === undefined ? undefined : baseInDocument(plainDocument(text));
  const known = named?.startsWith("/") && isAddress ? `${new URL(specPath).origin}${named}` : named;
  if (known !== undefined && URL.canParse(known) && /^https?:/.test(known)) return known;
  if (isAddress) return /\.(?:json|ya?ml)$/.test(specPath) ? specPath.replace(/\/[^/]*$/, "") : specPath;
  return `file://${posix.resolve("/", specPath)}`;
}

function baseInDocument({ servers, host, schemes, basePath }: Readonly<Record<string, unknown>>): string | undefined {
  const [first] = Array.isArray(servers) ? servers : [];
  if (isRecord(first) && typeof first.url === "string") return first.url;
  if (typeof host !== "string") return undefined;
  const [scheme] = Array.isArray(schemes) ? schemes : [];
  return `${typeof scheme === "string" ? scheme : "https"}://${host}${typeof basePath === "string" ? basePath : ""}`;
}

function plainDocument(text: string): Readonly<Record<string, unknown>> {
  try {
    const document: unknown = JSON.parse(text);
    return isRecord(document) ? document : {};
  } catch {
    return {};
  }
}
