import { FaultList } from "../../source/fault-list.ts";
import { readSource } from "../../source/source-file.ts";
import { filesBelow, pathIn } from "../files/compose-files.ts";
import type { PolicyInput, Stated } from "../policy-input.ts";

type FirewallInput = NonNullable<PolicyInput["firewall"]>;
type DenialInput = FirewallInput["denials"][number];

/** The nftables file of the gateway host; undefined where the folder has none that names a LAN and an outside interface. */
export function stateFirewall(folder: string): Stated<FirewallInput> | undefined {
  for (const file of filesBelow(folder).filter((path) => path.endsWith(".nft"))) {
    const text = readSource(file, new FaultList(), "write it")?.text.replaceAll(/#.*$/gm, "");
    const stated = text === undefined ? undefined : readFirewall(text, pathIn(folder, file));
    if (stated !== undefined) return stated;
  }
  return undefined;
}

function readFirewall(text: string, file: string): Stated<FirewallInput> | undefined {
  const used = [...new Set([...text.matchAll(/\biifname\s+"([^"]+)"/g)].flatMap(([, name]) => name ?? []))];
  const interfaces = used.filter((name) => name !== "lo" && !/^(?:br-|docker|veth)/.test(name));
  const lan = interfaces.find((name) => /lan|int/i.test(name) && !/wlan/i.test(name));
  const outside = interfaces.find((name) => name !== lan && /wan|out|ext|ppp|eth0/i.test(name));
  if (lan === undefined || outside === undefined) return undefined;
  const denials = deniedLines(text).flatMap((line): DenialInput[] => {
    const counter = /\bcounter\s+name\s+"?([\w./-]+)/.exec(line)?.[1];
    const from = line.includes(`"${lan}"`) ? "lan" : line.includes(`"${outside}"`) ? "outside" : "services";
    if (counter === undefined || (from === "services" && /\b(?:iif|oif)/.test(line))) return [];
    return [{ from, by: isRefused(line, text) ? "refuse" : "drop", counter }];
  });
  const once = denials.filter(({ from }, index) => denials.findIndex((one) => one.from === from) === index);
  if (once.length === 0) return undefined;
  return {
    value: { file, interfaces: { lan, outside }, denials: once },
    questions: [`is ${lan} the interface on the LAN, and ${outside} the one on the outside? Guessed from their names`],
  };
}

/** The lines that count a packet and end it. */
function deniedLines(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => /\bcounter\s+name\b/.test(line) && /\b(?:drop|reject|goto|jump)\b/.test(line));
}

/** Whether the source gets an answer: by the line itself, or by the chain that it leads to. */
function isRefused(line: string, text: string): boolean {
  if (/\breject\b/.test(line)) return true;
  const chain = /\b(?:goto|jump)\s+(\w+)/.exec(line)?.[1];
  if (chain === undefined) return false;
  const body = new RegExp(`\\bchain\\s+${chain}\\s*\\{([^}]*)\\}`).exec(text)?.[1] ?? "";
  return /\breject\b/.test(body);
}
