import { codeOf } from "../../files/key-module.ts";
import type { Mutator } from "../../files/mutators.ts";

/** LiteLLM's roles, each with one that has more or fewer rights. */
const roles: Readonly<Record<string, string>> = {
  PROXY_ADMIN: "INTERNAL_USER",
  PROXY_ADMIN_VIEW_ONLY: "PROXY_ADMIN",
  INTERNAL_USER: "PROXY_ADMIN",
  INTERNAL_USER_VIEW_ONLY: "PROXY_ADMIN",
};

/** A wider or different route, another variable, another role, another number, a truth value flipped. */
export default {
  kind: "scoped-key module",
  *changes(files) {
    const keys = files.deployment.policy.secrets.filter(({ kind }) => kind === "api-key").map(({ name }) => name);
    for (const code of codeOf(files)) {
      const { name, text, parent } = code;
      if (name === "Boolean") yield code.replace(text === "True" ? "False" : "True");
      if (name === "Number") yield code.replace(String(Number(text) + 1));
      const role = name === "PropertyName" ? roles[text] : undefined;
      if (role !== undefined) yield code.replace(role);
      if (name !== "String" || parent === "ExpressionStatement") continue;
      const value = /^["'](.*)["']$/.exec(text)?.[1];
      if (value === undefined || value.startsWith('"')) continue;
      if (value.startsWith("/")) {
        yield code.replace('"/*"');
        yield code.replace(`"${value.endsWith("*") ? value.slice(0, -1) : `${value}*`}"`);
      }
      if (keys.includes(value)) for (const other of keys) if (other !== value) yield code.replace(`"${other}"`);
    }
  },
} satisfies Mutator;
