import type { ComposeService } from "../../compose/types.ts";

/** The TCP ports that a service's compose file declares, in its container: by labels, `ports`, `expose`, `--port` and `PORT`. */
export function declaredPorts(service: ComposeService): number[] {
  const isTcp = ({ protocol }: { protocol: "tcp" | "udp" }): boolean => protocol === "tcp";
  const ofLabels = [...service.labels, ...service.deployLabels].flatMap(([name, { value }]) =>
    /^traefik\.http\.services\.[^.]+\.loadbalancer\.server\.port$/i.test(name) ? Number(value) : [],
  );
  return portsInOrder([
    ...ofLabels,
    ...service.ports.filter(isTcp).map(({ container }) => container),
    ...service.unfixedPorts.filter(isTcp).map(({ container }) => container),
    ...service.expose.filter(isTcp).map(({ port }) => port),
    ...optionPorts(service),
  ]);
}

/** `--port 8000` of a command, and `PORT` of its environment. */
function optionPorts({ command = [], environment }: ComposeService): number[] {
  const named = command.flatMap((word, index) => {
    const text = word === "--port" ? command[index + 1] : /^--port=(\d+)$/.exec(word)?.[1];
    return text === undefined ? [] : Number(text);
  });
  const own = Number(environment.get("PORT")?.value ?? 0);
  return [...named, own].filter((port) => Number.isInteger(port) && port > 0 && port < 65536);
}

/** Each port once, smallest first. */
export function portsInOrder(ports: readonly number[]): number[] {
  return [...new Set(ports)].toSorted((a, b) => a - b);
}
