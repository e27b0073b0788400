import { z } from "zod";
import { listOf, mapping, oneOf, text } from "../source/shape.ts";

const address = z
  .string({ error: "an https address" })
  .refine((value) => URL.canParse(value) && value.startsWith("https://"), { error: "an https address" })
  .meta({ title: "https address" });

const seconds = z
  .number({ error: "a number of seconds" })
  .positive({ error: "a number of seconds" })
  .meta({ title: "seconds" });

const person = mapping({
  name: text.describe("The login name."),
  password: text.describe("The password: a `password` of `secrets`."),
});

/** The shape of `authorization`: how people and MCP clients log in. */
export const authorizationShape = mapping({
  issuer: address.describe("The issuer of tokens, byte for byte as in their `iss`."),
  provider: text.describe("The compose service that is the identity provider (Keycloak)."),
  proxy: text.describe("The compose service that logs browsers in: the `service` of `login` rules (oauth2-proxy)."),
  resource: address.describe("What the tokens are for: MCP's address, byte for byte as in the metadata of RFC 9728."),
  audience: text.optional().describe("The `aud` of accepted tokens. Default: `resource`."),
  scopes: listOf(text).default([]).describe("The scopes that the metadata offers, and no others."),
  registration: listOf(oneOf("pre-registered", "dynamic"))
    .min(1, { error: "a list with at least one way" })
    .default(["pre-registered"])
    .describe("How MCP clients become known to the provider: with `client`'s id, or by RFC 7591."),
  client: mapping({
    id: text.describe("Its client id."),
    redirect: text.describe("A redirect URI on the loopback, as registered; without a port it stands for any."),
  }).describe("The client that is registered for MCP."),
  foreign_client: text
    .optional()
    .describe("Another client of the same realm with the same redirect URI, whose tokens the gateway must refuse."),
  user: person.describe("A user who may use the gateway."),
  admin: person
    .optional()
    .describe("The provider's administrator, who ends sessions. A run reaches it inside, past Traefik."),
  access_token_seconds: seconds.describe("The longest life of an access token."),
  session_seconds: seconds.describe(
    "The longest time after which a browser's session is over once the provider has ended it.",
  ),
});
