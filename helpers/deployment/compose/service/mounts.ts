import { extname, isAbsolute, posix } from "node:path";
import { suggest } from "../../../core/text/nearest.ts";
import type { ValueProblem, YamlMap } from "../../source/yaml-tree.ts";
import { textOf } from "../loading/nodes.ts";
import type { AnonymousVolume, ComposeService, Mount, TmpfsMount } from "../types.ts";
import type { ServiceContext } from "./service-context.ts";
import { flagAt, itemsAt, textAt } from "./values.ts";

type Mounts = Pick<ComposeService, "mounts" | "anonymousVolumes" | "tmpfs" | "absentMounts"> & {
  missing: ValueProblem[];
};

/** What is mounted into a service's containers, its configs and secrets apart. */
export function readMounts(service: YamlMap, within: string, context: ServiceContext): Mounts {
  const { faults, notes, host, volumeKey, volumes } = context;
  const mounts: Mount[] = [];
  const anonymousVolumes: AnonymousVolume[] = [];
  const missing: ValueProblem[] = [];
  const absentMounts: ComposeService["absentMounts"][number][] = [];
  const tmpfs: TmpfsMount[] = itemsAt(service, "tmpfs").map((item) => {
    const [target = "", ...options] = (textOf(item) ?? "").split(":");
    return { target, options: options.join(":"), location: item.location };
  });
  for (const [index, item] of itemsAt(service, "volumes").entries()) {
    if (item.kind !== "map") continue;
    const { location } = item;
    const [written, name = "", target = ""] = ["type", "source", "target"].map((key) => textAt(item, key));
    // By its name in the file, or by the one on the host.
    const names = written === "volume" ? new Set([name, volumeKey(name)]) : [];
    const [copy] = [...names].flatMap((one) => host.named(one) ?? []);
    const device = copy ?? (written === "volume" ? volumes.get(volumeKey(name))?.device : undefined);
    const [type, source] = device === undefined ? [written, name] : ["bind", device];
    if (!isAbsolute(target)) {
      faults.add(
        location,
        `${within}.volumes[${index}]: the target '${target}' is not an absolute path`,
        "begin it with '/'",
      );
      continue;
    }
    if (type === "tmpfs") tmpfs.push({ target, options: tmpfsOptions(item), location });
    else if (type === "bind") {
      const found = host.find(source);
      const shown = source.startsWith(`${host.folder}/`) ? `.${source.slice(host.folder.length)}` : source;
      if (found.state === "leads-outside")
        missing.push({
          kind: "missing",
          what: `'${shown}' is mounted, and is a link that leads out of the deployment's folder`,
          fix: `put a copy of it into the folder, or add '${shown}: ./COPY' under 'files:' in policy.yaml`,
          location,
        });
      else if (found.state === "missing" && device !== undefined)
        // It has the data of a service, which is in no checkout.
        notes.add(
          "finding",
          location,
          `'${shown}', which the volume '${name}' binds, is missing`,
          "docker refuses to start the service until it is there; here it is empty",
          "make the directory, or fix the volume's 'device'",
        );
      else if (found.state === "missing" && flagAt(item, "bind", "create_host_path") === false)
        missing.push({
          kind: "missing",
          what: `'${shown}' is mounted but missing, and create_host_path is false: docker refuses that`,
          fix: "write the file, fix the path, or remove 'create_host_path: false'",
          location,
        });
      else if (found.state === "missing" && !mayBeData(source, target, flagAt(item, "read_only") === true))
        absentMounts.push({
          what: `'${shown}' is mounted but missing`,
          why: "docker makes an empty directory in its place",
          fix: "write the file, or fix the path",
          location,
        });
      mounts.push({
        kind: "bind",
        source: found.path,
        isAvailable: found.state === "present",
        ...(found.state === "outside" ? { isOutside: true } : {}),
        target,
        readOnly: flagAt(item, "read_only") ?? false,
        location,
      });
    } else if (source === "") anonymousVolumes.push({ target, location });
    else if (type === "volume") {
      const key = volumeKey(source);
      if (!volumes.has(key))
        faults.add(
          location,
          `the volume '${source}' is not declared`,
          suggest(
            source,
            context.volumeNames,
            `add '${source}:' under the top level's 'volumes:', or begin a path with './'`,
          ),
        );
      mounts.push({
        kind: "volume",
        source: key,
        isAvailable: true,
        target,
        readOnly: flagAt(item, "read_only") ?? false,
        location,
      });
      for (const [path, part] of [...names].flatMap((one) => host.inVolume(one))) {
        const { state, path: local } = host.find(part);
        mounts.push({
          kind: "bind",
          source: local,
          isAvailable: state === "present",
          target: posix.join(target, path),
          readOnly: true,
          location,
        });
      }
    }
  }
  return { mounts, anonymousVolumes, tmpfs, missing, absentMounts };
}

/** The engine's mount options for the long form's `tmpfs: { size, mode }`. */
function tmpfsOptions(item: YamlMap): string {
  const [size, mode] = [textAt(item, "tmpfs", "size"), textAt(item, "tmpfs", "mode")];
  const options = [
    size === undefined ? "" : `size=${size}`,
    mode === undefined ? "" : `mode=${Number(mode).toString(8)}`,
  ];
  return options.filter((option) => option !== "").join(",");
}

/**
 * Whether a missing mount may be what is in no checkout: a directory for a service's data, which docker makes on the host too, or a
 * file of secrets.
 */
export function mayBeData(source: string, target: string, isReadOnly: boolean): boolean {
  if ([source, target].some((path) => isForCertificates(path) || isForCredentials(path))) return true;
  const isFile = (path: string): boolean =>
    posix.basename(path).startsWith(".env") || extname(path) !== "" || /(?:^|\/)[A-Z][a-z]+file$/.test(path);
  return !isReadOnly && !isFile(source) && !isFile(target) && !/^\/etc(?:\/|$)/.test(target);
}

/** Whether a path is for certificates and their keys, which an ACME client or the operator puts on the host and not into a checkout. */
function isForCertificates(path: string): boolean {
  return /(?:^|\/)(?:acme|lets?-?_?encrypt|certbot|certs?|certificates|ssl|tls)(?:\/|$)|(?:^|\/)acme[\w.-]*\.json$|\.(?:pem|crt|key|p12|pfx)$/i.test(
    path,
  );
}

/** Whether a path is for credentials that the operator keeps out of a checkout: a key of a cloud, a user list of htpasswd. */
function isForCredentials(path: string): boolean {
  return /(?:^|\/)secrets?\/|(?:^|[/.])htpasswd$|(?:^|[/._-])(?:credentials?|service[_-]?account(?:[_-]?key)?|adc|client[_-]?secrets?)\.json$/i.test(
    path,
  );
}
