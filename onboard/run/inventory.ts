// What is installed in a candidate's image, as JSON. Runs inside of it with the suite's Node: ROOT NAME ECOSYSTEM. What the
// registry's archives are compared with is printed for NAME, and for the names that follow it after commas.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const [root = "/", names = "", ecosystem = ""] = process.argv.slice(-3);
const [name = "", ...others] = names.split(",");
const npmRoot = join(root, "usr/local/lib/node_modules");
const pythonRoot = join(root, "opt/service/lib");

console.log(JSON.stringify(ecosystem === "npm" ? npm() : pypi()));

function npm() {
  const lock = read(join(npmRoot, ".package-lock.json"));
  const { packages } = JSON.parse(lock || '{"packages":{}}') as {
    packages: Record<string, { version?: string; integrity?: string; deprecated?: string }>;
  };
  const own = JSON.parse(read(join(npmRoot, name, "package.json")) || "{}") as Record<string, unknown>;
  const link = (value: unknown): string =>
    typeof value === "string" ? value : String((value as { url?: string } | undefined)?.url ?? "");
  return {
    packages: Object.entries(packages).map(([path, { version, integrity, deprecated }]) => ({
      name: path.replace(/^.*node_modules\//, ""),
      version: version ?? "",
      digest: integrity ?? "",
      deprecated,
    })),
    version: own.version,
    licence: own.license,
    licenceText: licenceText(join(npmRoot, name)),
    addresses: [
      { url: link(own.repository), from: "repository" },
      { url: link(own.homepage), from: "homepage" },
      ...readmeAddresses(read(join(npmRoot, name, "README.md"))),
    ].filter(({ url }) => url !== ""),
    variables: variablesIn([join(npmRoot, name)]),
    archives: [name, ...others].flatMap((each) => {
      const { version, integrity } = packages[`node_modules/${each}`] ?? {};
      return version === undefined ? [] : [{ name: each, version, integrity }];
    }),
  };
}

function pypi() {
  const [version = ""] = readdirSync(pythonRoot);
  const site = join(pythonRoot, version, "site-packages");
  const infos = readdirSync(site).filter((entry) => entry.endsWith(".dist-info"));
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_.]+/g, "-");
  const installed = infos.map((info) => {
    const metadata = read(join(site, info, "METADATA"));
    const field = (key: string): string => new RegExp(`^${key}: (.*)$`, "m").exec(metadata)?.[1] ?? "";
    const record = read(join(site, info, "RECORD"));
    return { info, metadata, field, record, name: plain(field("Name")), version: field("Version") };
  });
  const own = installed.find((one) => one.name === plain(name.replace(/\[.*$/, "")));
  const head = own?.metadata.split("\n\n")[0] ?? "";
  const links = [...head.matchAll(/^(?:Project-URL: ([^,]+), |(Home-page): )(\S+)$/gm)];
  const files = (own?.record ?? "").split("\n").map((line) => line.split(",")[0] ?? "");
  const folders = [...new Set(files.flatMap((file) => (file.endsWith(".py") ? [file.split("/")[0] ?? ""] : [])))];
  const classifier = /^Classifier: License :: OSI Approved :: (.*)$/m.exec(head)?.[1];
  return {
    packages: installed.map(({ name: each, version: of, record }) => ({
      name: each,
      version: of,
      digest: digestOf(record),
    })),
    version: own?.version,
    licence: own?.field("License-Expression") || shortLicence(own?.field("License") ?? "") || classifier,
    licenceText: own === undefined ? "" : licenceText(join(site, own.info)),
    addresses: [
      ...links.map(([, label, home, url = ""]) => ({ url, from: label ?? home ?? "" })),
      ...readmeAddresses(own?.metadata.slice(head.length) ?? ""),
    ],
    variables: variablesIn(folders.map((folder) => join(site, folder))),
    archives: installed
      .filter((one) => [name, ...others].some((each) => plain(each.replace(/\[.*$/, "")) === one.name))
      .map(({ name: each, version: of, record, info }) => ({
        name: each,
        version: of,
        record: record.split("\n"),
        tags: [...read(join(site, info, "WHEEL")).matchAll(/^Tag: (\S+)$/gm)].map(([, tag]) => tag),
      })),
  };
}

/** What the wheel brought: its record without what the installer adds. */
function digestOf(record: string): string {
  const lines = record
    .split("\n")
    .filter(
      (line) => /,sha256=/.test(line) && !/\.pyc,|INSTALLER,|REQUESTED,|direct_url|uv_cache|\.\.\/bin\//.test(line),
    )
    .toSorted();
  return `sha256:${createHash("sha256").update(lines.join("\n")).digest("hex")}`;
}

/** Some write the whole licence into the field. */
function shortLicence(text: string): string {
  return text.length < 40 ? text : "";
}

function licenceText(folder: string): string {
  const folders = [folder, join(folder, "licenses")].filter((one) => existsSync(one));
  const files = folders.flatMap((one) =>
    readdirSync(one, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [join(one, entry.name)] : [])),
  );
  const file = files.find((one) => /^(licen[cs]e|copying)/i.test(basename(one)));
  return file === undefined ? "" : read(file).slice(0, 2_000);
}

function readmeAddresses(text: string): { url: string; from: string }[] {
  const found = text.match(/https:\/\/(?:github\.com|gitlab\.com|codeberg\.org)\/[\w.-]+\/[\w.-]+/g) ?? [];
  return [...new Set(found)].slice(0, 20).map((url) => ({ url, from: "its readme only" }));
}

/** Names of variables that the package's own code reads. */
function variablesIn(roots: readonly string[]): string[] {
  const patterns = [
    /process\.env(?:\.([A-Z_]\w*)|\[\s*["']([A-Z_]\w*)["']\s*\])/g,
    /os\.environ(?:\.get\(\s*|\[\s*)["']([A-Z_]\w*)["']/g,
    /getenv\(\s*["']([A-Z_]\w*)["']/g,
  ];
  const names = new Set<string>();
  for (const file of roots.flatMap(codeFiles)) {
    const text = read(file);
    for (const pattern of patterns)
      for (const [, first, second] of text.matchAll(pattern)) names.add(first ?? second ?? "");
  }
  return [...names].toSorted();
}

function codeFiles(path: string): string[] {
  if (/\.(?:py|[cm]?js)$/.test(path)) return [path];
  if (!existsSync(path) || basename(path) === "node_modules" || /\.\w+$/.test(basename(path))) return [];
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.name !== "node_modules" && entry.name !== "tests" && entry.name !== "test")
      .flatMap((entry) =>
        entry.isDirectory()
          ? codeFiles(join(path, entry.name))
          : /\.(?:py|[cm]?js)$/.test(entry.name)
            ? [join(path, entry.name)]
            : [],
      );
  } catch {
    return [join(dirname(path), `${basename(path)}.py`)].filter((one) => existsSync(one));
  }
}

function read(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
