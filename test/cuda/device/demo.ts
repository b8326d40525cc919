/**
 * Ten steps of the demonstration's training on the CPU and on the stand-in device. Fails when the rewards differ before
 * a token does, or when the first token that differs was no close choice; prints that one.
 *
 *   npm run demo:stand-in
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { TRAIN_VIDEOS } from "../../../lib/demo/options.js";
import { withFolder } from "../../helpers/small-model.js";
import { firstParting, margin } from "./demo-parting.js";
import { type DemoRun, demoRun } from "./demo-run.js";
import { standIn } from "./stand-in.js";

const STEPS = 10;
/** A uniform number so close to a boundary may fall on either side of it by rounding. */
const CLOSE = 1e-5;

const device = standIn();
await withFolder(async (dir) => {
  const on = async (name: string): Promise<DemoRun> => {
    await mkdir(join(dir, name));
    const onStep = (step: number, reward: number) => console.error(`${name}: step ${step}, reward ${reward}`);
    return demoRun(join(dir, name), name, STEPS, TRAIN_VIDEOS, { onStep });
  };
  const [cpu, cuda] = [await on("cpu"), await on("cuda")];
  const parting = firstParting(cpu, cuda);
  const same = parting === null ? STEPS : parting.step - 1;
  for (let s = 0; s < STEPS; s++)
    console.log(`step ${s + 1}: reward ${cpu.rewards[s]} on the CPU, ${cuda.rewards[s]} on the stand-in`);
  let failed = cpu.rewards.slice(0, same).some((reward, s) => reward !== cuda.rewards[s]);
  if (parting !== null) {
    const close = await margin(cpu, parting);
    const { step, group, sample, position, tokens } = parting;
    console.log(
      `first other token: step ${step}, video ${group}, sample ${sample}, position ${position}: ${tokens.join(" and ")}; ` +
        `the uniform number lies ${close} from a boundary, at most ${CLOSE} is chance`,
    );
    failed ||= !(close <= CLOSE);
  } else {
    console.log(`the same tokens in all ${STEPS} steps`);
  }
  const { wrong } = device.counts();
  console.log(`wrong accesses: ${wrong}`);
  process.exitCode = failed || wrong > 0 ? 1 : 0;
});
