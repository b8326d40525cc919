/**
 * npm run test:pack: both packages as published, used by somebody who has Node, Python and ffmpeg and nothing else.
 *
 *   npm run test:pack -- [--wheels FOLDER] [--part first|uses|places|bare|installers|runtimes]...
 *
 * Prints each check with its seconds; ends with 1 for wrong results, never for slow ones. Without --wheels the torch
 * wheel is fetched with pip once. `uses` and `places` need `first`, which is always made.
 */
import { parseArgs } from "node:util";
import { Checks } from "./checks.js";
import { prepareGround } from "./ground.js";
import { installers } from "./parts/installers.js";
import { places } from "./parts/places.js";
import { bare, firstMinute, oneCommand } from "./parts/ready.js";
import { runtimes } from "./parts/runtimes.js";
import { uses } from "./parts/uses.js";
import { wheelFolder } from "./wheel.js";

const PARTS = ["first", "uses", "places", "bare", "installers", "runtimes"];

const { values } = parseArgs({
  options: { wheels: { type: "string" }, part: { type: "string", multiple: true, default: PARTS } },
});
const unknown = values.part.find((part) => !PARTS.includes(part));
if (unknown !== undefined) throw new Error(`--part ${unknown}: expected one of ${PARTS.join(", ")}`);
const wanted = new Set(values.part);

const checks = new Checks((line) => console.log(line));
const wheels = wheelFolder(values.wheels);
// The checkout's own result, which the package's is held to, comes from the CPU as well.
process.env["CUDA_VISIBLE_DEVICES"] = "";
const ground = await checks.check("pack both, and score with the checkout", prepareGround);
try {
  if (ground !== null) {
    const { main, platform } = ground.tarballs;
    console.log(`       vqathinker ${main.bytes} bytes, @vqathinker/linux-x64 ${platform.bytes} bytes`);
    const who = await firstMinute(checks, ground, wheels);
    if (wanted.has("first")) await oneCommand(checks, ground, who, wheels);
    if (wanted.has("uses")) await uses(checks, ground, who);
    if (wanted.has("places")) await places(checks, ground, who);
    if (wanted.has("bare")) await bare(checks, ground);
    if (wanted.has("installers")) await installers(checks, ground);
    if (wanted.has("runtimes")) await runtimes(checks, ground, wheels);
  }
} finally {
  await ground?.close();
}
process.exitCode = checks.end();
