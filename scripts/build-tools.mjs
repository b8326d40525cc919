/**
 * What a build from source needs beside the package: a compiler, CMake, and three npm packages. They are in a checkout's
 * node_modules; of an installed package they are nobody's dependency, and whoever builds installs them.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ROOT, StepError, works } from "./shell.mjs";

const NPM = ["cmake-js", "node-addon-api", "node-api-headers"];
const PROGRAMS = [
  { package: "cmake", program: "cmake" },
  { package: "g++", program: "c++" },
];

/**
 * @param from  folders whose node_modules are looked through, as Node does from a file in them.
 * @returns the file of cmake-js's command and the folders of Node-API's headers.
 * @throws {StepError} with the one command that installs what is missing.
 */
export function buildTools({ from = [ROOT, process.cwd()] } = {}) {
  const found = NPM.map((name) => folderOf(name, from));
  const missing = NPM.filter((_, place) => found[place] === null);
  if (missing.length > 0) {
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const wanted = NPM.map((name) => `${name}@${/\d+/.exec(devDependencies[name])[0]}`);
    throw new StepError(
      `a build from source needs npm packages that are not installed: ${missing.join(", ")}; ` +
        `run: npm install --save-dev ${wanted.join(" ")}`,
    );
  }
  const absent = PROGRAMS.filter(({ program }) => !works(program, ["--version"])).map((one) => one.package);
  if (absent.length > 0) {
    const line = `apt-get install ${absent.join(" ")} make`;
    throw new StepError(
      `a build from source needs programs that are not here: ${absent.join(", ")}. On Debian: ${line}`,
    );
  }
  const [cmakeJs, addonApi, headers] = found;
  return {
    cmakeJs: join(cmakeJs, "bin", "cmake-js"),
    nodeApi: join(headers, "include"),
    nodeAddonApi: addonApi,
  };
}

function folderOf(name, from) {
  for (const folder of from) {
    try {
      return dirname(createRequire(join(folder, "package.json")).resolve(`${name}/package.json`));
    } catch {
      // Not from there.
    }
  }
  return null;
}
