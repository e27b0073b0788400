/** The one-way flow: deployment and policy → parts and rigs → helpers → suites → evidence → reports. */
module.exports = {
  forbidden: [
    {
      name: "no-circular",
      comment: "two modules that need each other are one, or want a third",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "a-helper-knows-no-rig",
      severity: "error",
      from: { path: "^helpers/", pathNot: "\\.test\\.ts$" },
      to: {
        path: "^(containers|suites|reports|mutation)/",
      },
    },
    {
      name: "parts-know-no-suite",
      severity: "error",
      from: { path: "^containers/" },
      to: { path: "^(suites|reports|mutation)/" },
    },
    {
      name: "an-image-knows-nothing-outside",
      comment: "what runs inside a part is built from its own folder alone",
      severity: "error",
      from: { path: "^containers/images/contexts/([^/]+)/", pathNot: "\\.test\\.ts$" },
      to: { path: "^(containers|helpers|suites|reports)/", pathNot: "^containers/images/contexts/$1/" },
    },
    {
      name: "a-suite-never-touches-the-engine",
      comment: "specs get rigs as fixtures; suites/conformance.ts hands them out, and judges what is left of them",
      severity: "error",
      from: { path: "^suites/", pathNot: "^suites/runner/" },
      to: {
        path: ["^containers/", "node_modules/(dockerode|testcontainers)/"],
        pathNot: "^containers/(targets/|rigs/(rig|test-upstreams)\\.ts)",
      },
    },
    {
      name: "a-report-knows-no-suite",
      severity: "error",
      from: { path: "^reports/" },
      to: { path: "^(suites|containers|mutation)/" },
    },
    {
      name: "a-suite-knows-no-report",
      severity: "error",
      from: { path: "^suites/" },
      to: { path: "^reports/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^reports/(latest|\\.running|\\.history)" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
  },
};
