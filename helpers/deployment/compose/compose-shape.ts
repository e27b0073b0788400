import { z } from "zod";
import { mapping, oneOf } from "../source/shape.ts";

/** What compose casts from a text after interpolation may also stand as a number or a truth value. */
const word = z.union([z.string(), z.number(), z.boolean()], { error: "a text" });
const words = z.array(word, { error: "a list of texts" });
const wordOrWords = z.union([z.string(), z.array(word)], { error: "a text or a list of texts" });
const flag = z.union([z.boolean(), z.enum(["true", "false"])], { error: "true or false" });
const count = z.union([z.number(), z.string().regex(/^\d+$/)], { error: "a number" });
const pairs = z.union([z.record(z.string(), z.union([word, z.null()])), words], {
  error: "a mapping or a list of NAME=value",
});

const mountLong = mapping({
  type: oneOf("bind", "volume", "tmpfs"),
  source: z.string({ error: "a path or a volume's name" }).optional(),
  target: z.string({ error: "an absolute path in the container" }),
  read_only: flag.optional(),
  bind: mapping({
    propagation: word.optional(),
    create_host_path: flag.optional(),
    selinux: word.optional(),
  }).optional(),
  volume: mapping({ nocopy: flag.optional(), subpath: word.optional() }).optional(),
  tmpfs: mapping({ size: word.optional(), mode: count.optional() }).optional(),
});

const portLong = mapping({
  target: count,
  published: count,
  protocol: oneOf("tcp", "udp").optional(),
  host_ip: word.optional(),
  mode: oneOf("host", "ingress").optional(),
  name: word.optional(),
  app_protocol: word.optional(),
});

const envFileLong = mapping({
  path: z.string({ error: "a path" }),
  required: flag.optional(),
  format: oneOf("raw").optional(),
});

const networkOfService = z.union([
  z.null(),
  mapping({
    aliases: words.optional(),
    ipv4_address: word.optional(),
    ipv6_address: word.optional(),
    priority: count.optional(),
  }),
]);

const limits = mapping({ cpus: word.optional(), memory: word.optional(), pids: count.optional() });

/** A service of compose.yaml; keys that the run does not need are checked and then left to the operator. */
export const serviceShape = mapping({
  image: z.string({ error: "an image, e.g. traefik:v3.5.3" }).min(1, { error: "an image, e.g. traefik:v3.5.3" }),
  command: z.union([wordOrWords, z.null()], { error: "a text or a list of texts" }).optional(),
  entrypoint: z.union([wordOrWords, z.null()], { error: "a text or a list of texts" }).optional(),
  environment: pairs.optional(),
  env_file: z
    .union([z.string(), z.array(z.union([z.string(), envFileLong]))], { error: "a path or a list of paths" })
    .optional(),
  volumes: z
    .array(
      z.union([z.string(), mountLong], { error: "SOURCE:TARGET[:ro] or a mapping with type, source and target" }),
      { error: "a list" },
    )
    .optional(),
  labels: pairs.optional(),
  networks: z
    .union([words, z.record(z.string(), networkOfService)], { error: "a list of networks, or a mapping with aliases" })
    .optional(),
  ports: z
    .array(
      z.union([z.string(), z.number(), portLong], { error: "HOST:CONTAINER or a mapping with target and published" }),
      { error: "a list" },
    )
    .optional(),
  expose: words.optional(),
  restart: word.optional(),
  depends_on: z
    .union(
      [
        words,
        z.record(
          z.string(),
          mapping({
            condition: oneOf("service_started", "service_healthy", "service_completed_successfully"),
            required: flag.optional(),
            restart: flag.optional(),
          }),
        ),
      ],
      { error: "a list of services, or a mapping with conditions" },
    )
    .optional(),
  healthcheck: mapping({
    test: wordOrWords.optional(),
    interval: word.optional(),
    timeout: word.optional(),
    retries: count.optional(),
    start_period: word.optional(),
    start_interval: word.optional(),
    disable: flag.optional(),
  }).optional(),
  container_name: word.optional(),
  hostname: word.optional(),
  domainname: word.optional(),
  user: word.optional(),
  group_add: words.optional(),
  working_dir: word.optional(),
  extra_hosts: z.union([words, z.record(z.string(), word)], { error: "a list of NAME=address" }).optional(),
  dns: wordOrWords.optional(),
  logging: mapping({ driver: word.optional(), options: z.record(z.string(), word).optional() }).optional(),
  profiles: words.optional(),
  deploy: mapping({
    resources: mapping({ limits: limits.optional(), reservations: limits.optional() }).optional(),
  }).optional(),
  mem_limit: word.optional(),
  mem_reservation: word.optional(),
  cpus: word.optional(),
  pids_limit: count.optional(),
  shm_size: word.optional(),
  ulimits: z.record(z.string(), z.union([count, mapping({ soft: count, hard: count })])).optional(),
  cap_add: words.optional(),
  cap_drop: words.optional(),
  sysctls: pairs.optional(),
  security_opt: words.optional(),
  init: flag.optional(),
  stop_grace_period: word.optional(),
  stop_signal: word.optional(),
  read_only: flag.optional(),
  tmpfs: wordOrWords.optional(),
  platform: word.optional(),
  pull_policy: word.optional(),
  tty: flag.optional(),
  stdin_open: flag.optional(),
});

export type ServiceData = z.infer<typeof serviceShape>;

/** A network at the top level. */
export const networkShape = z.union([
  z.null(),
  mapping({
    name: word.optional(),
    internal: flag.optional(),
    driver: word.optional(),
    driver_opts: z.record(z.string(), word).optional(),
    enable_ipv4: flag.optional(),
    enable_ipv6: flag.optional(),
    attachable: flag.optional(),
    external: flag.optional(),
    labels: pairs.optional(),
    ipam: mapping({
      driver: word.optional(),
      config: z
        .array(
          mapping({
            subnet: word.optional(),
            gateway: word.optional(),
            ip_range: word.optional(),
            aux_addresses: z.record(z.string(), word).optional(),
          }),
        )
        .optional(),
    }).optional(),
  }),
]);

/** A volume at the top level. */
export const volumeShape = z.union([
  z.null(),
  mapping({
    name: word.optional(),
    driver: word.optional(),
    driver_opts: z.record(z.string(), word).optional(),
    external: flag.optional(),
    labels: pairs.optional(),
  }),
]);

/** Keys that compose knows and the suite can't honour, with what to do instead. */
export const unsupportedServiceKeys: Readonly<Record<string, string>> = {
  build: "name the image that it builds with 'image': the suite runs images by name and builds none of the operator's",
  secrets: "put the secret into the env file: the suite replaces secrets there only",
  configs: "mount the file with 'volumes'",
  extends: "write the service out, or use a YAML anchor",
  network_mode: "name the networks with 'networks': the run has networks of its own",
  links: "name the networks with 'networks': services find each other by name there",
  external_links: "put the other container into this compose file",
  volumes_from: "write the mounts with 'volumes'",
  privileged: "name what it needs with 'cap_add': the run gives no container the whole machine",
  devices: "remove it: the run has no devices",
  pid: "remove it: each container of the run has processes of its own",
  ipc: "remove it: each container of the run has memory of its own",
  provider: "name an image with 'image'",
  models: "name the model in LiteLLM's config",
};

/** Keys of the top level that compose knows and the suite can't honour. */
export const unsupportedTopKeys: Readonly<Record<string, string>> = {
  secrets: "put secrets into the env file: the suite replaces secrets there only",
  configs: "mount the files with 'volumes'",
  include: "write all services into one file",
  models: "name the models in LiteLLM's config",
};
