#!/usr/bin/env node
/**
 * Stands where prebuildify expects node-gyp: builds with cmake-js and leaves a copy in build/Release of the folder it
 * is called in. node-gyp's arguments are ignored, because Node-API needs no headers of a particular Node.
 */

import { join } from "node:path";
import { build } from "./build.mjs";
import { main } from "./shell.mjs";

await main(() => build({ copy: join(process.cwd(), "build", "Release") }));
