/**
 * The one-way flow: deployment → facts → parts, rigs, targets → checks → evidence → reports. `npm run check:flow` draws
 * the imports and compares them with these rules.
 */
const tests = "\\.test\\.ts$";

/** The folders of containers/, each with those that it may import. */
const layers = [
  ["engine", []],
  ["images", ["engine"]],
  ["(networks|parts)", ["engine", "images", "networks", "parts"]],
  ["rigs", ["engine", "images", "networks", "parts"]],
  ["targets", ["engine", "images", "networks", "parts", "rigs"]],
];

module.exports = {
  forbidden: [
    {
      name: "no-circular",
      comment: "two modules that need each other are one module, or need a third",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "core-imports-only-core",
      severity: "error",
      from: { path: "^helpers/core/", pathNot: tests },
      to: { path: "^(cli|containers|helpers|mutation|reports|suites)/", pathNot: "^helpers/core/" },
    },
    {
      name: "a-helper-knows-no-rig",
      comment: "helpers work on texts, files and connections, whatever runs behind them",
      severity: "error",
      from: { path: "^helpers/", pathNot: tests },
      to: { path: "^(cli|containers|mutation|reports|suites)/" },
    },
    {
      name: "parts-know-no-suite",
      severity: "error",
      from: { path: "^containers/" },
      to: { path: "^(cli|mutation|reports|suites)/" },
    },
    ...layers.map(([layer, below]) => ({
      name: `containers-${layer.replaceAll(/\W+/g, "-").replaceAll(/^-|-$/g, "")}-import-downwards`,
      comment: "engine → images → networks, parts → rigs → targets → run",
      severity: "error",
      from: { path: `^containers/${layer}/`, pathNot: tests },
      to: { path: "^containers/", pathNot: [layer, ...below].map((folder) => `^containers/${folder}/`) },
    })),
    {
      name: "an-image-knows-nothing-outside",
      comment: "what runs in a part is built from its own folder only",
      severity: "error",
      from: { path: "^containers/images/contexts/([^/]+)/", pathNot: tests },
      to: {
        path: "^(cli|containers|helpers|mutation|reports|suites)/",
        pathNot: "^containers/images/contexts/$1/",
      },
    },
    {
      name: "a-suite-knows-no-other-suite",
      comment:
        "a suite imports its own folder and, of the runner, what declares checks, keeps evidence, and asks the operator's module",
      severity: "error",
      from: { path: "^suites/([^/]+)/", pathNot: "^suites/(runner|proofs|support)/" },
      to: {
        path: "^suites/",
        pathNot: ["^suites/$1/", "^suites/support/", "^suites/runner/(check|evidence|operator-module/[^/]+)\\.ts$"],
      },
    },
    {
      name: "a-suite-never-touches-the-engine",
      comment: "checks get targets; a suite imports their types",
      severity: "error",
      from: { path: "^suites/", pathNot: "^suites/(runner|proofs)/" },
      to: { path: ["^containers/", "node_modules/(dockerode|testcontainers)/"], pathNot: "^containers/targets/" },
    },
    {
      name: "a-suite-gets-targets-from-the-executor",
      severity: "error",
      from: { path: "^suites/", pathNot: "^suites/(runner|proofs)/" },
      to: { path: "^containers/targets/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "the-runner-knows-no-suite",
      comment: "it finds the files that declare checks by their names",
      severity: "error",
      from: { path: "^suites/(runner|proofs)/" },
      to: { path: "^suites/", pathNot: "^suites/(runner|proofs)/" },
    },
    {
      name: "a-suite-knows-no-report",
      severity: "error",
      from: { path: "^suites/" },
      to: { path: "^(cli|mutation|reports)/" },
    },
    {
      name: "a-report-knows-no-suite",
      severity: "error",
      from: { path: "^reports/" },
      to: { path: "^(cli|containers|mutation|suites)/" },
    },
    {
      name: "mutation-knows-no-suite-and-no-report",
      comment: "it runs registered checks",
      severity: "error",
      from: { path: "^mutation/" },
      to: { path: "^(cli|reports|suites)/", pathNot: "^suites/runner/" },
    },
    {
      name: "nothing-imports-the-command-line",
      severity: "error",
      from: { pathNot: ["^cli/", tests] },
      to: { path: "^cli/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^reports/(latest|\\.running|\\.history)" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
  },
};
