import { loadSuites } from "../../helpers/requirements/suites.ts";
import type { ConformanceReport, ReportedRequirement } from "../model/conformance-report.ts";
import { outcomeNames } from "../model/headline.ts";
import { escapeHtml } from "../status/markdown.ts";
import { allureLink, counted, folded, inline, link, scrollingTable } from "./html.ts";

/** Every requirement that no failure's card shows, by suite: its statement, its checks and what they found. */
export function provedSection({ requirements }: ConformanceReport): string {
  const titles = new Map(loadSuites().map(({ folder, title }) => [folder, title]));
  const suites = [...new Set(requirements.map(({ suite }) => suite))];
  return [
    '<h2 id="proved">What was proved</h2>',
    ...suites.flatMap((suite) => {
      const own = requirements.filter((one) => one.suite === suite && !hasCard(one));
      return own.length === 0
        ? []
        : [`<h3>${escapeHtml(titles.get(suite) ?? suite)}</h3>`, ...own.map(requirementBlock)];
    }),
  ].join("\n");
}

/** A failed requirement has a card of its own, except where only another requirement's check counts against it. */
function hasCard({ outcome }: ReportedRequirement): boolean {
  return outcome === "failed";
}

function requirementBlock({ id, level, statement, outcome, checks }: ReportedRequirement): string {
  const items = checks.map(({ id: check, title, outcome: own, findings, evidence }) => {
    const found = findings.map((text) => `<br><span class="small">${inline(text)}</span>`).join("");
    const files = evidence.map((file) => link(file, file.split("/").at(-1) ?? file)).join(" · ");
    return `<li><span class="badge ${own}">${outcomeNames[own]}</span> ${allureLink(check, check)} ${inline(title)}${found}${files === "" ? "" : `<br><span class="small">${files}</span>`}</li>`;
  });
  return `<div id="${id}">${folded(
    `<span class="badge ${outcome}">${outcomeNames[outcome]}</span> ${id} <span class="dim small">${level}</span> ${inline(statement)} <span class="dim small">${counted(checks.length, "check")}</span>`,
    `<ul>${items.join("\n")}</ul>`,
  )}</div>`;
}

/** What was tested: the deployment, the engine and the parts. */
export function environmentSection({ deployment, engine, parts }: ConformanceReport): string {
  const one = parts.filter((part, index) => parts.findIndex(({ name }) => name === part.name) === index);
  const row = (name: string, value: string): readonly string[] => [name, value];
  const facts = [
    row("deployment", `<code>${escapeHtml(deployment.folder)}</code>, ${escapeHtml(deployment.digest.slice(0, 19))}`),
    row("hosts", deployment.hosts.map(({ url, zone }) => `<code>${escapeHtml(url)}</code> (${zone})`).join(", ")),
    row("LiteLLM's config", `<code>${escapeHtml(deployment.config)}</code>`),
    row(
      "upstreams",
      deployment.upstreams
        .map(({ name, transport, source, version }) =>
          escapeHtml(`${name} (${transport}, ${source}${version === null ? "" : ` ${version}`})`),
        )
        .join(", "),
    ),
    row("secrets", deployment.secrets.names.map((name) => `<code>${escapeHtml(name)}</code>`).join(", ")),
    row("clients", deployment.clients.map(({ name, config }) => escapeHtml(`${name} (${config})`)).join(", ")),
    row("engine", `Docker ${escapeHtml(engine.version)}`),
  ];
  return [
    '<h2 id="environment">What was tested</h2>',
    scrollingTable("Deployment", ["", ""], facts).replace(/<thead>.*<\/thead>/, ""),
    folded(
      `${one.length} parts with versions and digests`,
      scrollingTable(
        "Parts",
        ["part", "version", "origin", "digest"],
        one.map(({ name, version, origin, source, digest }) => [
          escapeHtml(name),
          escapeHtml(version),
          escapeHtml(`${origin} from ${source}`),
          `<code>${escapeHtml(digest.replace(/^(.*sha256:[0-9a-f]{12}).*$/, "$1"))}</code>`,
        ]),
      ),
    ),
  ].join("\n");
}
