/** A package that provides a command, as far as it is known. */
export interface KnownPackage {
  ecosystem: "npm" | "pypi";
  name: string;
  /** Undefined where nothing names one. */
  version: string | undefined;
}

/** Packages whose command has another name than they have themselves. */
const packageOfCommand: Readonly<Record<string, Omit<KnownPackage, "version">>> = {
  "postgres-mcp": { ecosystem: "pypi", name: "postgres-mcp" },
  "mcp-server-filesystem": { ecosystem: "npm", name: "@modelcontextprotocol/server-filesystem" },
  "mcp-server-everything": { ecosystem: "npm", name: "@modelcontextprotocol/server-everything" },
  "mcp-server-memory": { ecosystem: "npm", name: "@modelcontextprotocol/server-memory" },
  "mcp-server-time": { ecosystem: "pypi", name: "mcp-server-time" },
  "mcp-server-fetch": { ecosystem: "pypi", name: "mcp-server-fetch" },
  "mcp-server-git": { ecosystem: "pypi", name: "mcp-server-git" },
};

/** The package that a stdio command starts: `npx -y NAME@VERSION`, `uvx NAME==VERSION`, or a command that is known. */
export function packageOf(command: string, args: readonly string[]): KnownPackage | undefined {
  const program = command.split("/").at(-1) ?? command;
  if (program === "npx" || program === "bunx" || program === "pnpx")
    return npmPackage(firstOperand(args, ["-p", "--package"]));
  if (program === "uvx" || (program === "uv" && args.includes("run")) || program === "pipx")
    return pypiPackage(
      firstOperand(
        args.filter((word) => word !== "run" && word !== "tool"),
        ["--from", "--with"],
      ),
    );
  const known = packageOfCommand[program];
  return known && { ...known, version: undefined };
}

/** The packages of MCP servers that a Dockerfile installs. */
export function packagesIn(dockerfile: string | undefined): KnownPackage[] {
  const words = (dockerfile ?? "").split(/[\s"',[\]]+/);
  return words.flatMap((word) => {
    const found = word.includes("==") ? pypiPackage(word) : /^@?[\w./-]+@\d/.test(word) ? npmPackage(word) : undefined;
    return found === undefined || found.version === undefined ? [] : found;
  });
}

/** `npm:NAME@VERSION`, `pypi:NAME==VERSION`; undefined without a version. */
export function packageText({ ecosystem, name, version }: KnownPackage): string | undefined {
  if (version === undefined) return undefined;
  return ecosystem === "npm" ? `npm:${name}@${version}` : `pypi:${name}==${version}`;
}

/** The first word that is no option; the value of one of `naming` where it is there. */
function firstOperand(args: readonly string[], naming: readonly string[]): string | undefined {
  const index = args.findIndex((word) => naming.includes(word));
  if (index !== -1) return args[index + 1];
  return args.find((word) => !word.startsWith("-"));
}

function npmPackage(word: string | undefined): KnownPackage | undefined {
  const match = /^((?:@[\w.-]+\/)?[\w.-]+)(?:@(.+))?$/.exec(word ?? "");
  if (match === null) return undefined;
  const [, name = "", version] = match;
  return { ecosystem: "npm", name, version: exact(version) };
}

function pypiPackage(word: string | undefined): KnownPackage | undefined {
  const match = /^([\w.-]+(?:\[[\w,.-]+\])?)(?:(?:==|@)(.+))?$/.exec(word ?? "");
  if (match === null) return undefined;
  const [, name = "", version] = match;
  return { ecosystem: "pypi", name, version: exact(version) };
}

/** `latest` and ranges name no version. */
function exact(version: string | undefined): string | undefined {
  return version !== undefined && /^\d[\w.+-]*$/.test(version) ? version : undefined;
}
