import { createRequire, isBuiltin } from "node:module";
import type TypeScript from "typescript";

/** What a script imports, as written, and where. */
export interface NodeImport {
  specifier: string;
  /** 1-based. */
  line: number;
}

/**
 * What a JavaScript or TypeScript file imports: by `import`, `export … from`, `import("…")` and `require("…")`, each once. What is
 * computed, and what only types need, is left out.
 *
 * @param name of the file: its extension says which language it has
 */
export function importsOf(name: string, text: string): NodeImport[] {
  // It takes a fifth of a second to load, and few deployments have such a script.
  const ts = createRequire(import.meta.url)("typescript") as typeof TypeScript;
  const kind = /\.[mc]?ts$/.test(name) ? ts.ScriptKind.TS : /\.tsx$/.test(name) ? ts.ScriptKind.TSX : ts.ScriptKind.JSX;
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, false, kind);
  const found = new Map<string, number>();
  const visit = (node: TypeScript.Node): void => {
    const from = specifierOf(ts, node);
    if (from !== undefined && !found.has(from.text))
      found.set(from.text, file.getLineAndCharacterOfPosition(from.getStart(file)).line + 1);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return [...found].map(([specifier, line]) => ({ specifier, line }));
}

function specifierOf(ts: typeof TypeScript, node: TypeScript.Node): TypeScript.StringLiteralLike | undefined {
  const literal = (value: TypeScript.Node | undefined): TypeScript.StringLiteralLike | undefined =>
    value !== undefined && ts.isStringLiteralLike(value) ? value : undefined;
  if (ts.isImportDeclaration(node))
    return node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword ? undefined : literal(node.moduleSpecifier);
  if (ts.isExportDeclaration(node)) return node.isTypeOnly ? undefined : literal(node.moduleSpecifier);
  if (!ts.isCallExpression(node)) return undefined;
  const { expression } = node;
  const isImport =
    expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(expression) && expression.text === "require");
  return isImport ? literal(node.arguments[0]) : undefined;
}

/**
 * The package of npm that an import is from: `zod` of `zod/v4`, `@modelcontextprotocol/sdk` of `@modelcontextprotocol/sdk/server/mcp.js`.
 *
 * @returns undefined for Node.js' own modules, files, addresses, and the package's own imports (`#name`)
 */
export function packageOfImport(specifier: string): string | undefined {
  if (isBuiltin(specifier) || isFileImport(specifier) || /^[a-z][\w+.-]*:|^#/i.test(specifier)) return undefined;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** Whether an import is of a file, by its path. */
export function isFileImport(specifier: string): boolean {
  return /^(?:\.{0,2}\/|\.{1,2}$)/.test(specifier);
}
