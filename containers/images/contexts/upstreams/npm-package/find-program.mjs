// Prints the path of a package's command, as npx chooses it: FOLDER PACKAGE [COMMAND].
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";

const [folder = "", name = "", command] = process.argv.slice(2);
const modules = join(folder, "node_modules");
if (command) console.log(realpathSync(join(modules, ".bin", command)));
else {
  const { bin } = JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8"));
  const commands = typeof bin === "string" ? { own: bin } : (bin ?? {});
  const programs = [...new Set(Object.values(commands))];
  const program = programs.length === 1 ? programs[0] : commands[name.replace(/^@[^/]*\//, "")];
  if (program === undefined) throw new Error(`${name} has no command of its own name`);
  console.log(realpathSync(join(modules, name, program)));
}
