import { z } from "zod";
import { listOf, mapping, oneOf, text } from "../source/shape.ts";
import { methods, path, status } from "./values.ts";

/** One rule of `hosts[].access`. Which keys belong to which `who` is checked by `checkContradictions`. */
export const accessRuleShape = mapping({
  paths: listOf(path)
    .min(1, { error: "a list with at least one path" })
    .optional()
    .describe("The paths: `/ui` is that path alone, `/ui/**` every path below it. Without it, every path."),
  methods: listOf(methods)
    .min(1, { error: "a list with at least one method" })
    .optional()
    .describe("The methods. Without it, every method."),
  who: oneOf("anyone", "bearer", "litellm", "login", "nobody", "redirect").describe(
    "`anyone`: open; `bearer`: the edge demands a Bearer credential and gives the refusal otherwise; `litellm`: the edge " +
      "lets everything pass and LiteLLM judges; `login`: a forward-auth service judges; `nobody`: does not reach LiteLLM, " +
      "whoever asks: refused by the edge, or another service's; `redirect`: answered with a redirect by the edge.",
  ),
  status: z
    .union([status, listOf(status).min(1)], { error: "an HTTP status, or a list of them" })
    .optional()
    .describe(
      "With `anyone`: LiteLLM's answer to a GET of the path (default 200). With `bearer` and `nobody`: the refusal's " +
        "(default: `refusal`; 403 for `nobody`), or the answer of another service than LiteLLM: 502 for one that the run does " +
        "not have, 200 for `ping@internal`. With `login`: the answer without a session (default 401 or 302).",
    ),
  challenge: text.optional().describe("With `bearer`: the value of `WWW-Authenticate` of the refusal."),
  to: text.optional().describe("With `redirect`: `https`, or the address that the redirect leads to."),
  service: text.optional().describe("With `login`: the compose service that judges."),
  headers: listOf(text)
    .optional()
    .describe("With `login`: the headers by which the service says who the caller is; no client may send them."),
  why: text.optional().describe("The reason, for readers of the policy."),
});
