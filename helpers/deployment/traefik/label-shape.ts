/** What the value of a label may be. `key: "bool"` beside options means that the section itself may be set to true. */
export type LabelValue = "text" | "any" | "bool" | "int" | "list" | "duration" | "regexp" | "regexps" | "ranges";

/** Options below a label's section, by name in small letters; `*` stands for any name. */
export interface LabelSection {
  [option: string]: LabelValue | LabelSection;
}

/** Marks a section that may be switched on by itself, e.g. `tls=true`. */
export const itself = "=";

const ipStrategy: LabelSection = { depth: "int", excludedips: "list", ipv6subnet: "int" };
const sourceCriterion: LabelSection = { ipstrategy: ipStrategy, requestheadername: "text", requesthost: "bool" };
const clientTls: LabelSection = {
  ca: "text",
  cert: "text",
  key: "text",
  insecureskipverify: "bool",
  caoptional: "bool",
};
const distinguishedName: LabelSection = {
  country: "bool",
  province: "bool",
  locality: "bool",
  organization: "bool",
  organizationalunit: "bool",
  commonname: "bool",
  serialnumber: "bool",
  domaincomponent: "bool",
};
const anyName: LabelSection = { "*": "text" };
const tlsDomain: LabelSection = { main: "text", sans: "list" };
const userList: LabelSection = {
  users: "list",
  usersfile: "text",
  realm: "text",
  removeheader: "bool",
  headerfield: "text",
};

/** Traefik's middlewares that a label can make. Source: traefik v3.5, pkg/config/dynamic/middlewares.go. */
export const middlewareShape: LabelSection = {
  addprefix: { prefix: "text" },
  basicauth: userList,
  buffering: {
    maxrequestbodybytes: "int",
    memrequestbodybytes: "int",
    maxresponsebodybytes: "int",
    memresponsebodybytes: "int",
    retryexpression: "text",
  },
  chain: { middlewares: "list" },
  circuitbreaker: {
    expression: "text",
    checkperiod: "duration",
    fallbackduration: "duration",
    recoveryduration: "duration",
    responsecode: "int",
  },
  compress: {
    [itself]: "bool",
    excludedcontenttypes: "list",
    includedcontenttypes: "list",
    minresponsebodybytes: "int",
    encodings: "list",
    defaultencoding: "text",
  },
  contenttype: { [itself]: "bool", autodetect: "bool" },
  digestauth: userList,
  errors: { status: "list", statusrewrites: { "*": "int" }, service: "text", query: "text" },
  forwardauth: {
    address: "text",
    tls: clientTls,
    trustforwardheader: "bool",
    authresponseheaders: "list",
    authresponseheadersregex: "regexp",
    authrequestheaders: "list",
    addauthcookiestoresponse: "list",
    headerfield: "text",
    forwardbody: "bool",
    maxbodysize: "int",
    preservelocationheader: "bool",
    preserverequestmethod: "bool",
  },
  grpcweb: { alloworigins: "list" },
  headers: {
    // An empty value removes the header.
    customrequestheaders: { "*": "any" },
    customresponseheaders: { "*": "any" },
    accesscontrolallowcredentials: "bool",
    accesscontrolallowheaders: "list",
    accesscontrolallowmethods: "list",
    accesscontrolalloworiginlist: "list",
    accesscontrolalloworiginlistregex: "regexps",
    accesscontrolexposeheaders: "list",
    accesscontrolmaxage: "int",
    addvaryheader: "bool",
    allowedhosts: "list",
    hostsproxyheaders: "list",
    sslproxyheaders: anyName,
    stsseconds: "int",
    stsincludesubdomains: "bool",
    stspreload: "bool",
    forcestsheader: "bool",
    framedeny: "bool",
    customframeoptionsvalue: "text",
    contenttypenosniff: "bool",
    browserxssfilter: "bool",
    custombrowserxssvalue: "text",
    contentsecuritypolicy: "text",
    contentsecuritypolicyreportonly: "text",
    publickey: "text",
    referrerpolicy: "text",
    permissionspolicy: "text",
    isdevelopment: "bool",
    featurepolicy: "text",
    sslredirect: "bool",
    ssltemporaryredirect: "bool",
    sslhost: "text",
    sslforcehost: "bool",
  },
  inflightreq: { amount: "int", sourcecriterion: sourceCriterion },
  ipallowlist: { sourcerange: "ranges", ipstrategy: { [itself]: "bool", ...ipStrategy }, rejectstatuscode: "int" },
  ipwhitelist: { sourcerange: "ranges", ipstrategy: { [itself]: "bool", ...ipStrategy } },
  passtlsclientcert: {
    pem: "bool",
    info: {
      notafter: "bool",
      notbefore: "bool",
      sans: "bool",
      serialnumber: "bool",
      subject: distinguishedName,
      issuer: distinguishedName,
    },
  },
  plugin: { "*": { "**": "text" } },
  ratelimit: {
    average: "int",
    period: "duration",
    burst: "int",
    sourcecriterion: sourceCriterion,
    redis: {
      endpoints: "list",
      tls: clientTls,
      username: "text",
      password: "text",
      db: "int",
      poolsize: "int",
      minidleconns: "int",
      maxactiveconns: "int",
      readtimeout: "duration",
      writetimeout: "duration",
      dialtimeout: "duration",
    },
  },
  redirectregex: { regex: "regexp", replacement: "text", permanent: "bool" },
  redirectscheme: { scheme: "text", port: "text", permanent: "bool" },
  replacepath: { path: "text" },
  replacepathregex: { regex: "regexp", replacement: "text" },
  retry: { attempts: "int", initialinterval: "duration" },
  stripprefix: { prefixes: "list", forceslash: "bool" },
  stripprefixregex: { regex: "regexps" },
};

/** A router. Source: traefik v3.5, pkg/config/dynamic/http_config.go. */
export const routerShape: LabelSection = {
  entrypoints: "list",
  middlewares: "list",
  service: "text",
  rule: "text",
  rulesyntax: "text",
  priority: "int",
  tls: { [itself]: "bool", options: "text", certresolver: "text", domains: { "[]": tlsDomain } },
  observability: { accesslogs: "bool", metrics: "bool", tracing: "bool", traceverbosity: "text" },
};

/** A service, with one server: the container. */
export const serviceShape: LabelSection = {
  loadbalancer: {
    server: { port: "int", scheme: "text", url: "text", weight: "int", preservepath: "bool" },
    strategy: "text",
    passhostheader: "bool",
    serverstransport: "text",
    responseforwarding: { flushinterval: "duration" },
    sticky: {
      [itself]: "bool",
      cookie: {
        [itself]: "bool",
        name: "text",
        secure: "bool",
        httponly: "bool",
        samesite: "text",
        maxage: "int",
        path: "text",
        domain: "text",
      },
    },
    healthcheck: {
      scheme: "text",
      mode: "text",
      path: "text",
      method: "text",
      status: "int",
      port: "int",
      interval: "duration",
      unhealthyinterval: "duration",
      timeout: "duration",
      hostname: "text",
      followredirects: "bool",
      headers: anyName,
    },
  },
};

/** All labels that the suite takes, from the root. */
export const labelShape: LabelSection = {
  enable: "bool",
  docker: { network: "text", lbswarm: "bool" },
  http: {
    routers: { "*": routerShape },
    services: { "*": serviceShape },
    middlewares: { "*": middlewareShape },
  },
};
