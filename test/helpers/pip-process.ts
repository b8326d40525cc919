/**
 * A process that asks pip and is ended meanwhile: `pip-process.js FOLDER [CODE]`, with a python3 of its own on PATH. With
 * a code it exits by itself once FOLDER/started is there.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pipDownload } from "../../lib/libtorch/pip.js";

const [folder = "", code] = process.argv.slice(2);
if (code !== undefined)
  setInterval(() => existsSync(join(folder, "started")) && process.exit(Number(code)), 10);
await pipDownload("torch==1", join(folder, "wheels"), false, process.env);
