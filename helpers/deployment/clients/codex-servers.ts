/** The text of a `config.toml` without the tables of some MCP servers. Lines keep their numbers. */
export function withoutServers(text: string, names: ReadonlySet<string>): string {
  let isLeftOut = false;
  return text
    .split("\n")
    .map((line) => {
      if (/^\s*\[{1,2}[\w\s."'-]+\]{1,2}\s*(?:#.*)?$/.test(line)) isLeftOut = names.has(tableOf(line) ?? "");
      return isLeftOut ? "" : line;
    })
    .join("\n");
}

/** The server in whose table, or in a table below it, the lines after this one are. */
export function tableOf(line: string): string | undefined {
  return /^\s*\[\s*mcp_servers\s*\.\s*(?:"([^"]+)"|'([^']+)'|([\w-]+))\s*[\].]/.exec(line)?.slice(1).find(Boolean);
}
