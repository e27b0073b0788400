/** Ports that are tried on every site, whether or not something listens there, each with its usual service. */
export const commonPorts: Readonly<Record<number, string>> = {
  22: "SSH",
  53: "DNS",
  80: "HTTP",
  443: "HTTPS",
  2375: "Docker's API",
  3000: "web applications",
  3306: "MySQL",
  4000: "LiteLLM",
  5432: "PostgreSQL",
  6379: "Redis",
  8000: "MCP servers",
  8080: "Traefik's API",
  8443: "Keycloak",
  9090: "Prometheus",
  9100: "the node exporter",
};
