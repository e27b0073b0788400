import { z } from "zod";
import type { ComposeFile, ComposeService, FileContent, ServiceSetting } from "../types.ts";

// One form for what compose-go prints and for what the suite reads, with everything that the suite keeps.

const texts = z.array(z.string()).nullish();
const pairs = z.record(z.string(), z.string().nullable()).nullish();
const resource = z.object({
  name: z.string(),
  external: z.boolean().default(false),
  internal: z.boolean().default(false),
  driver_opts: z.record(z.string(), z.string()).default({}),
});
const fileSource = z.object({
  name: z.string(),
  external: z.boolean().default(false),
  file: z.string().optional(),
  content: z.string().optional(),
  environment: z.string().optional(),
});
const fileMount = z.object({
  source: z.string(),
  target: z.string().optional(),
  mode: z.string().optional(),
  uid: z.string().optional(),
});

const service = z.looseObject({
  image: z.string().optional(),
  build: z
    .object({
      context: z.string(),
      dockerfile: z.string().optional(),
      dockerfile_inline: z.string().optional(),
      args: pairs,
      target: z.string().optional(),
    })
    .optional(),
  command: texts,
  entrypoint: texts,
  environment: pairs,
  labels: pairs,
  deploy: z.looseObject({ labels: pairs, replicas: z.number().optional() }).optional(),
  scale: z.number().optional(),
  container_name: z.string().optional(),
  volumes: z
    .array(
      z.object({
        type: z.string(),
        source: z.string().default(""),
        target: z.string(),
        read_only: z.boolean().default(false),
      }),
    )
    .default([]),
  tmpfs: texts,
  ports: z
    .array(
      z.object({
        target: z.number(),
        published: z.string().default(""),
        protocol: z.string(),
        host_ip: z.string().optional(),
      }),
    )
    .default([]),
  expose: texts,
  networks: z.record(z.string(), z.object({ aliases: texts }).nullable()).nullish(),
  network_mode: z.string().optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string(), required: z.boolean() })).default({}),
  configs: z.array(fileMount).default([]),
  secrets: z.array(fileMount).default([]),
  user: z.string().optional(),
  working_dir: z.string().optional(),
  init: z.boolean().default(false),
  healthcheck: z.object({ test: texts, disable: z.boolean().optional() }).optional(),
});

const projectShape = z.object({
  name: z.string(),
  services: z.record(z.string(), service),
  networks: z.record(z.string(), resource).default({}),
  volumes: z.record(z.string(), resource).default({}),
  configs: z.record(z.string(), fileSource).default({}),
  secrets: z.record(z.string(), fileSource).default({}),
});

/** Settings whose value compose-go prints as the suite keeps it. */
const sameSettings = [
  ...["cap_add", "cap_drop", "dns", "dns_search", "group_add", "hostname", "privileged", "pull_policy", "restart"],
  ...["security_opt", "stop_signal", "platform", "runtime", "sysctls", "domainname", "pid", "ipc", "userns_mode"],
];

/** What compose-go prints, in the common form. */
export function canonicalExpected(printed: unknown): unknown {
  const project = projectShape.parse(printed);
  const active = Object.keys(project.services);
  return {
    name: project.name,
    services: mapValues(project.services, (own) => ({
      image: own.image,
      build: own.build && {
        context: own.build.context,
        dockerfile: withoutDefault(own.build.dockerfile),
        inline: own.build.dockerfile_inline,
        args: withoutNulls(own.build.args),
        target: own.build.target,
      },
      command: own.command ?? undefined,
      entrypoint: own.entrypoint ?? undefined,
      environment: withoutNulls(own.environment),
      labels: withoutNulls(own.labels),
      deployLabels: withoutNulls(own.deploy?.labels),
      replicas: own.scale ?? own.deploy?.replicas ?? 1,
      containerName: own.container_name,
      volumes: own.volumes
        .filter(({ type }) => type === "bind" || type === "volume")
        .map(({ type, source, target, read_only }) => {
          const device = type === "volume" ? deviceOf(project.volumes[source ?? ""]) : undefined;
          const from = device === undefined ? `${type} ${source}` : `bind ${device}`;
          return `${from} ${target} ${read_only}`;
        })
        .toSorted(),
      tmpfs: [
        ...(own.tmpfs ?? []).map((text) => text.split(":")[0]),
        ...own.volumes.filter(({ type }) => type === "tmpfs").map(({ target }) => target),
      ],
      ports: own.ports
        .map(({ target, published, protocol, host_ip }) => `${host_ip ?? ""} ${published} ${target} ${protocol}`)
        .toSorted(),
      networks: mapValues(own.networks ?? {}, (network) => network?.aliases ?? []),
      networkMode: own.network_mode,
      dependsOn: Object.fromEntries(
        Object.entries(own.depends_on)
          .filter(([name]) => active.includes(name))
          .map(([name, { condition, required }]) => [name, { condition, required }]),
      ),
      files: [...own.configs.map((one) => fileOf("config", one)), ...own.secrets.map((one) => fileOf("secret", one))],
      user: own.user,
      workingDir: own.working_dir,
      init: own.init,
      healthcheck: healthOf(own.healthcheck?.disable === true ? [] : (own.healthcheck?.test ?? [])),
      settings: Object.fromEntries(sameSettings.flatMap((key) => (own[key] ? [[key, own[key]]] : []))),
    })),
    networks: mapValues(project.networks, ({ name, external, internal }) => ({ name, external, internal })),
    volumes: mapValues(project.volumes, (volume) => ({
      name: volume.name,
      external: volume.external,
      device: deviceOf(volume),
    })),
    configs: mapValues(project.configs, sourceOf),
    secrets: mapValues(project.secrets, sourceOf),
  };
}

/** The directory of the host that a volume is: the engine binds it. */
function deviceOf(volume: z.infer<typeof resource> | undefined): string | undefined {
  return volume?.driver_opts.o?.includes("bind") ? volume.driver_opts.device : undefined;
}

/** What the suite reads, in the common form. */
export function canonicalRead(compose: ComposeFile, folder: string): unknown {
  const shown = (text: string): string => text.replaceAll(folder, "<folder>");
  return {
    name: compose.project,
    services: Object.fromEntries([...compose.services].map(([key, own]) => [key, readForm(own, shown)])),
    networks: mapValues(Object.fromEntries(compose.networks), ({ name, external, internal }) => ({
      name,
      external,
      internal,
    })),
    volumes: mapValues(Object.fromEntries(compose.volumes), ({ name, external, device }) => ({
      name,
      external,
      device: device === undefined ? undefined : shown(device),
    })),
    configs: Object.fromEntries(compose.configs.map(({ name, content }) => [name, contentOf(content, shown)])),
    secrets: Object.fromEntries(compose.secrets.map(({ name, content }) => [name, contentOf(content, shown)])),
  };
}

function readForm(own: ComposeService, shown: (text: string) => string): unknown {
  const values = (map: ReadonlyMap<string, { value: string }>) =>
    Object.fromEntries([...map].map(([name, { value }]) => [name, value]));
  return {
    image: own.image?.value,
    build: own.build && {
      context: shown(own.build.context),
      dockerfile: withoutDefault(own.build.dockerfile?.slice(own.build.context.length + 1)),
      inline: own.build.inline?.value,
      args: values(own.build.args),
      target: own.build.target,
    },
    command: own.command,
    entrypoint: own.entrypoint,
    environment: values(own.environment),
    labels: values(own.labels),
    deployLabels: values(own.deployLabels),
    replicas: own.replicas,
    containerName: own.containerName?.value,
    volumes: [
      ...own.mounts.map(({ kind, source, target, readOnly }) => `${kind} ${shown(source)} ${target} ${readOnly}`),
      ...own.anonymousVolumes.map(({ target }) => `volume  ${target} false`),
    ].toSorted(),
    tmpfs: own.tmpfs.map(({ target }) => target),
    ports: [
      ...own.ports.map(({ address = "", host, container, protocol }) => `${address} ${host} ${container} ${protocol}`),
      ...own.unfixedPorts.map(
        ({ address = "", range, container, protocol }) =>
          `${address} ${range === undefined ? "" : `${range.first}-${range.last}`} ${container} ${protocol}`,
      ),
    ].toSorted(),
    networks: Object.fromEntries(own.networks),
    networkMode: own.networkMode?.value,
    dependsOn: mapValues(Object.fromEntries(own.dependsOn), ({ condition, required }) => ({ condition, required })),
    files: own.files.map(({ kind, name, target, mode }) => `${kind} ${name} ${target} ${mode?.toString(8) ?? ""}`),
    user: own.user,
    workingDir: own.workingDir,
    init: own.init,
    healthcheck: own.healthcheck?.command,
    settings: Object.fromEntries(
      sameSettings.flatMap((key) => {
        const value: ServiceSetting["value"] | undefined = own.settings.get(key)?.value;
        if (value === undefined || value === false || value === "false") return [];
        const isNumbers = key === "sysctls" && typeof value === "object" && value !== null && !Array.isArray(value);
        return [[key, isNumbers ? mapValues(value, String) : value]];
      }),
    ),
  };
}

function withoutDefault(dockerfile: string | undefined): string | undefined {
  return dockerfile === "Dockerfile" ? undefined : dockerfile;
}

function fileOf(kind: "config" | "secret", { source, target = source, mode }: z.infer<typeof fileMount>): string {
  const home = kind === "secret" ? "/run/secrets/" : "/";
  return `${kind} ${source} ${target.startsWith("/") ? target : `${home}${target}`} ${mode?.replace(/^0+/, "") ?? ""}`;
}

function healthOf(test: readonly string[]): string[] | undefined {
  const [how, ...words] = test;
  if (how === "CMD") return words;
  return how === "CMD-SHELL" ? ["/bin/sh", "-c", ...words] : undefined;
}

function sourceOf({ name, external, file, content, environment }: z.infer<typeof fileSource>): string {
  if (external) return `external ${name}`;
  return file === undefined
    ? environment === undefined
      ? `text ${content}`
      : `variable ${environment}`
    : `file ${file}`;
}

function contentOf(content: FileContent, shown: (text: string) => string): string {
  switch (content.from) {
    case "external":
      return `external ${content.external}`;
    case "file":
      return `file ${shown(content.file)}`;
    case "variable":
      return `variable ${content.variable}`;
    case "text":
      return `text ${content.text}`;
  }
}

function withoutNulls(map: Record<string, string | null> | null | undefined): Record<string, string | null> {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([, value]) => value !== null));
}

function mapValues<T, R>(map: Record<string, T>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}
