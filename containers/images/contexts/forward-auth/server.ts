/** Stands in for a forward-auth service: approves one session, refuses every other request, and logs each that it judges. */
import { createServer } from "node:http";
import { type ForwardAuthConfig, judge, refusalHeader } from "./judge.ts";

const config = JSON.parse(process.env.FORWARD_AUTH ?? "") as ForwardAuthConfig;

for (const port of new Set(config.endpoints.map((endpoint) => endpoint.port))) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://stand-in");
    if (pathname === "/_health") {
      response.end();
      return;
    }
    if (!config.endpoints.some((endpoint) => endpoint.port === port && endpoint.path === pathname)) {
      response.writeHead(404, { "Content-Type": "text/plain" }).end("no middleware asks here\n");
      return;
    }
    const judgement = judge(config, request.headers);
    console.log(JSON.stringify(judgement));
    if (judgement.approved) {
      response.writeHead(200, config.identity).end();
      return;
    }
    const { status, location } = config.refusal;
    response.writeHead(status, {
      "Content-Type": "text/plain",
      [refusalHeader]: config.session.cookie,
      ...(location === undefined ? {} : { Location: location }),
    });
    response.end("no session\n");
  });
  server.listen(port);
}
// Process 1 of a container has no default signal handlers.
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(0));
