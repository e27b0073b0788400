import { isIP } from "node:net";
import { posix } from "node:path";
import type { YamlMap, YamlNode } from "../../source/yaml-tree.ts";
import { mapOf } from "./nodes.ts";

/** Why a text is not in compose's short form. */
export interface FormProblem {
  what: string;
  fix: string;
}

/**
 * A mount's short form as its long form: `SOURCE:TARGET:MODE`, or a target alone for an anonymous volume.
 *
 * Source: compose-go, format/volume.go.
 */
export function longVolume(text: string, from: YamlNode): YamlMap | FormProblem {
  const fix = "write SOURCE:TARGET, SOURCE:TARGET:ro or TARGET";
  const fields = volumeFields(text);
  if (fields.length > 3) return { what: `'${text}' has too many colons for a mount`, fix };
  if (fields.some((field) => field === "")) return { what: `'${text}' has an empty part between its colons`, fix };
  const [first = "", second, mode] = fields;
  if (second === undefined) return mapOf({ type: "volume", target: posix.normalize(first) }, from);
  const options = (mode ?? "").split(",");
  const isPath = /^(?:[./~]|\\\\|[A-Za-z]:)/.test(first);
  return mapOf(
    {
      type: isPath ? "bind" : "volume",
      source: first,
      target: cleanTarget(second),
      read_only: options.lastIndexOf("ro") > options.lastIndexOf("rw") ? true : undefined,
      bind: isPath ? mapOf({ create_host_path: true, ...bindOptions(options) }, from) : undefined,
      volume: !isPath && options.includes("nocopy") ? mapOf({ nocopy: true }, from) : undefined,
    },
    from,
  );
}

function bindOptions(options: readonly string[]): Record<string, string> {
  const propagation = options.findLast((option) => /^r?(?:private|shared|slave)$/.test(option));
  const selinux = options.findLast((option) => /^[zZ]$/.test(option));
  return { ...(propagation === undefined ? {} : { propagation }), ...(selinux === undefined ? {} : { selinux }) };
}

/** The parts between the colons; the colon of a Windows drive (`C:\data`) is none. */
function volumeFields(text: string): string[] {
  if (text.length <= 2) return [text];
  const fields: string[] = [];
  let field = "";
  for (const char of text) {
    if (char === ":" && !/^[A-Za-z]$/.test(field)) {
      fields.push(field);
      field = "";
    } else field += char;
  }
  return [...fields, field];
}

function cleanTarget(target: string): string {
  const clean = posix.normalize(target);
  return clean.length > 1 ? clean.replace(/\/$/, "") : clean;
}

/**
 * A port's short form as its long forms, one for each port of a range: `8080`, `80:8080`, `127.0.0.1:80:8080`,
 * `[::1]:80:8080`, `3000-3001:8080-8081`, `3000-3005:8080`, each with `/udp` or `/tcp`.
 *
 * Source: docker/go-connections, nat/nat.go, `ParsePortSpec`.
 */
export function longPorts(text: string, from: YamlNode): YamlMap[] | FormProblem {
  const form = `'${text}' is not a port`;
  const fix = "write HOST:CONTAINER, e.g. 4000:4000";
  const parts = text.split(":");
  const [container = "", protocol = "tcp", ...more] = (parts.pop() ?? "").split("/");
  const host = parts.pop() ?? "";
  const address = parts.join(":").replace(/^\[(.*)\]$/, "$1");
  if (more.length > 0 || !["tcp", "udp", "sctp"].includes(protocol.toLowerCase())) return { what: form, fix };
  if (address !== "" && isIP(address) === 0)
    return { what: `${form}: '${address}' is not an address of the host`, fix };
  const inside = range(container);
  const outside = host === "" ? undefined : range(host);
  if (inside === undefined || (host !== "" && outside === undefined)) return { what: form, fix };
  const size = inside.last - inside.first;
  if (outside !== undefined && outside.last - outside.first !== size && size > 0)
    return { what: `${form}: the two ranges differ in length`, fix: "write ranges of the same length" };
  const ports: YamlMap[] = [];
  for (let step = 0; step <= size; step++) {
    const published =
      outside === undefined
        ? undefined
        : size === 0 && outside.last !== outside.first
          ? `${outside.first}-${outside.last}`
          : String(outside.first + step);
    ports.push(
      mapOf(
        {
          mode: "ingress",
          host_ip: address === "" ? undefined : address,
          target: inside.first + step,
          published,
          protocol: protocol.toLowerCase(),
        },
        from,
      ),
    );
  }
  return ports;
}

/** The ports of `8080` or `8080-8090`; undefined for anything else, also for a port above 65535. */
export function range(text: string): { first: number; last: number } | undefined {
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  return from !== undefined && first <= last && last <= 65535 ? { first, last } : undefined;
}
