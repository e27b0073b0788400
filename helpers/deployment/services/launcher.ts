import { posix } from "node:path";
import { type PackageSpec, readNpmSpec, readPypiSpec } from "./package-spec.ts";

/** Programs that fetch a server from a registry each time they start it. */
export type LauncherName = "npx" | "uvx" | "docker";

/** What a command such as `npx -y PACKAGE args` starts. */
export interface LauncherCall {
  launcher: LauncherName;
  /** What it fetches, as written: a package or an image. */
  target: string;
  /** The packages that it installs, the server's first; empty for an image, and for what no registry has. */
  packages: readonly PackageSpec[];
  /** The command of the package; undefined for its default one. */
  command: string | undefined;
  /** How many of the first arguments are the launcher's own, the target included. */
  ownArguments: number;
  /** What an image gets by `-e NAME=value`. */
  environment: ReadonlyMap<string, string>;
  /** The option by which it fetches nothing (`--offline`), and takes what the machine has; undefined where it may fetch. */
  offline?: string;
}

/** Options that take a value, and those that select what is installed. */
interface LauncherOptions {
  valued: ReadonlySet<string>;
  /** Select the package where the first word is the command. */
  from: ReadonlySet<string>;
  /** Add a package. */
  with: ReadonlySet<string>;
  /** `NAME=value` for the program. */
  environment: ReadonlySet<string>;
  /** Nothing is fetched with one of them. */
  offline: ReadonlySet<string>;
}

const none: ReadonlySet<string> = new Set();

/** Sources: `npx --help` (npm 11), `uvx --help` (uv 0.9), `docker run --help` (Docker 28). */
const optionsOf: Readonly<Record<LauncherName, LauncherOptions>> = {
  npx: {
    valued: new Set(["-p", "--package", "-w", "--workspace", "--loglevel", "--registry", "--cache", "--prefix"]),
    from: new Set(["-p", "--package"]),
    with: none,
    environment: none,
    offline: new Set(["--offline", "--no-install", "--no"]),
  },
  uvx: {
    valued: new Set(
      (
        "--from --with --with-editable --with-requirements -c --constraints --constraint -b --build-constraints " +
        "--overrides --override --env-file -p --python --index --default-index -i --index-url --extra-index-url -f " +
        "--find-links --index-strategy --keyring-provider -P --upgrade-package --resolution --prerelease " +
        "--exclude-newer --link-mode -C --config-setting --no-build-package --no-binary-package " +
        "--refresh-package --cache-dir --directory --project --config-file --color --allow-insecure-host"
      ).split(" "),
    ),
    from: new Set(["--from"]),
    with: new Set(["--with"]),
    environment: none,
    offline: new Set(["--offline"]),
  },
  docker: {
    valued: new Set(
      (
        "-a --attach --add-host --cap-add --cap-drop --cidfile --cpus --cpu-shares --device --dns --dns-search " +
        "--entrypoint -e --env --env-file --expose --gpus --group-add --health-cmd -h --hostname --ip --ipc -l " +
        "--label --label-file --link --log-driver --log-opt -m --memory --memory-swap --mount --name --network " +
        "--net --network-alias --pid --pids-limit --platform -p --publish --pull --restart --runtime " +
        "--security-opt --shm-size --stop-signal --stop-timeout --sysctl --tmpfs --ulimit -u --user --userns -v " +
        "--volume --volumes-from -w --workdir"
      ).split(" "),
    ),
    from: none,
    with: none,
    environment: new Set(["-e", "--env"]),
    offline: new Set(["--pull=never"]),
  },
};

/**
 * Reads a stdio command that fetches its server: `npx`, `uvx` and `docker run`.
 *
 * @returns undefined for a command that starts what is installed
 */
export function readLauncher(command: string, args: readonly string[]): LauncherCall | undefined {
  const name = posix.basename(command);
  if (name === "npx" || name === "uvx") return readCall(name, args, 0);
  if (name === "docker" && args[0] === "run") return readCall("docker", args, 1);
  return undefined;
}

function readCall(launcher: LauncherName, args: readonly string[], first: number): LauncherCall | undefined {
  const options = optionsOf[launcher];
  const from: string[] = [];
  const added: string[] = [];
  const environment = new Map<string, string>();
  let offline: string | undefined;
  let index = first;
  for (; index < args.length; index++) {
    const word = args[index] ?? "";
    if (word === "--") {
      index++;
      break;
    }
    if (!word.startsWith("-") || word === "-") break;
    const [option = "", joined] = word.startsWith("--") ? splitOnce(word, "=") : [word];
    if (options.offline.has(word)) offline = word;
    if (!options.valued.has(option)) continue;
    const value = joined ?? args[++index] ?? "";
    if (options.offline.has(`${option}=${value}`)) offline = `${option}=${value}`;
    if (options.from.has(option)) from.push(value);
    if (options.with.has(option)) added.push(value);
    const [variable = "", set] = splitOnce(value, "=");
    if (options.environment.has(option) && set !== undefined) environment.set(variable, set);
  }
  const word = args[index];
  if (word === undefined) return undefined;
  const target = from[0] ?? word;
  const read = launcher === "npx" ? readNpmSpec : readPypiSpec;
  const specs = launcher === "docker" ? [] : [target, ...from.slice(1), ...added].map((text) => read(text));
  return {
    launcher,
    target,
    packages: specs.includes(undefined) ? [] : specs.filter((spec) => spec !== undefined),
    command: from.length > 0 ? word : undefined,
    ownArguments: index + 1,
    environment,
    ...(offline === undefined ? {} : { offline }),
  };
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
