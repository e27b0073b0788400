import { posix } from "node:path";
import type { EditableEntry, EditableYaml } from "../../../helpers/deployment/source/editable-yaml.ts";
import type { Change } from "../../files/mutant.ts";
import type { Mutator } from "../../files/mutators.ts";

/** A server under another name, with another transport, another command, other arguments, other variables, for other keys. */
export default {
  kind: "LiteLLM config",
  *changes({ litellmConfig, deployment }) {
    const servers = litellmConfig.below("mcp_servers");
    for (const server of servers) {
      const name = String(server.path.at(-1));
      const subject = `server ${name}`;
      const renamed = server.rename(`${name}_two`);
      if (renamed !== undefined) yield { subject, how: `called ${name}_two`, ...renamed };
      const at = (...path: (string | number)[]): EditableEntry | undefined => litellmConfig.at(...server.path, ...path);
      const transport = at("transport")?.value;
      for (const other of ["http", "sse"])
        if (transport && transport.text !== other)
          yield { subject, how: `transport ${other}`, ...transport.replace(other) };
      const url = at("url")?.value;
      if (url) yield { subject, how: "another url", ...url.replace(`${url.text.replace(/\/$/, "")}/nowhere`) };
      const command = at("command")?.value;
      if (command) {
        yield { subject, how: "a misspelt command", ...command.replace(command.text.slice(0, -1)) };
        for (const other of servers) {
          const its = litellmConfig.at(...other.path, "command")?.value?.text;
          if (its !== undefined && its !== command.text)
            yield { subject, how: `command ${its}`, ...command.replace(its) };
        }
      }
      yield* otherArguments(litellmConfig, server, subject);
      const { identities, upstreams } = deployment.policy;
      const isMeant = identities.length === 0 || upstreams.some((one) => one.name === name && one.allowAllKeys);
      const opened = at("transport")?.addAfter(["allow_all_keys: true"]);
      // Where the policy does not say who may use it, the config decides.
      if (!isMeant && at("allow_all_keys") === undefined && opened) yield { subject, how: "for all keys", ...opened };
      for (const variable of litellmConfig.below(...server.path, "env")) {
        const value = variable.value;
        const called = variable.rename(`${String(variable.path.at(-1))}_X`);
        if (called) yield { subject, how: `${String(variable.path.at(-1))} under another name`, ...called };
        if (!value?.text.startsWith("os.environ/")) continue;
        for (const { name: other } of deployment.policy.secrets) {
          const text = `os.environ/${other}`;
          if (text !== value.text)
            yield { subject, how: `${String(variable.path.at(-1))} from ${other}`, ...value.replace(text) };
        }
      }
    }
  },
} satisfies Mutator;

/** Only the command knows what its arguments mean: what looks like a directory is widened, what looks like a mode loosened. */
function* otherArguments(config: EditableYaml, server: EditableEntry, subject: string): Generator<Change> {
  const list = config.below(...server.path, "args");
  for (const { value } of list) {
    if (value === undefined) continue;
    if (value.text.startsWith("/")) {
      for (const wider of new Set([posix.dirname(value.text), "/", "/tmp"]))
        yield { subject, how: `argument ${value.text} → ${wider}`, ...value.replace(wider) };
    }
    const loosened = value.text.replace(/=restricted$/, "=unrestricted");
    if (loosened !== value.text) yield { subject, how: `argument ${loosened}`, ...value.replace(loosened) };
  }
}
