/** Work that has no end, of every kind that the addon does: what a thread or a process is at when it is ended. */
import { createRequire } from "node:module";
import { openTrainer } from "../../lib/index.js";
import { clipOfFrames } from "../../lib/model/clip.js";
import { nativeBinding } from "../../lib/native/load.js";
import { endlessSampling, sampling } from "./sampling.js";
import { openSmall, smallPrompt, textIds, withFolder } from "./small-model.js";

/** Lets timers and messages of the thread through. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function endlessly(once: () => unknown): Promise<never> {
  for (;;) {
    await once();
    await turn();
  }
}

const FRAME = { rgb: new Uint8Array(1280 * 720 * 3).fill(90), width: 1280, height: 720 };
const GROUP = { prompt: smallPrompt(2), completions: [textIds(1, 6), textIds(2, 6)], advantages: [1, -1] };

/** Each calls `ready` once it is at it. */
export const WORKS = {
  load: (ready) => {
    ready();
    return endlessly(async () => (await openSmall()).dispose());
  },
  one: async (ready) => {
    const model = await openSmall();
    ready();
    await model.generate(endlessSampling());
  },
  many: async (ready) => {
    const model = await openSmall();
    ready();
    await endlessly(() => model.generate({ ...sampling(1), maxNewTokens: 1 }));
  },
  steps: async (ready) => {
    const trainer = await openTrainer(await openSmall(), { trainable: ["vision", "projector", "language"] });
    const step = { groups: new Array(20).fill(GROUP), loss: "grpo", learningRate: 1e-3 } as const;
    ready();
    await endlessly(() => trainer.step(step));
  },
  save: async (ready) => {
    const model = await openSmall();
    ready();
    await withFolder((dir) => endlessly(() => model.save(dir)));
  },
  frames: async (ready) => {
    await openSmall();
    ready();
    await endlessly(async () => (await clipOfFrames([FRAME, FRAME], 56, new Float64Array(2))).dispose());
  },
  look: async (ready) => {
    const native = nativeBinding();
    ready();
    await endlessly(() => {
      for (let i = 0; i < 1000; i++) native.info();
    });
  },
} satisfies Record<string, (ready: () => void) => Promise<unknown>>;

export type WorkName = keyof typeof WORKS;

/** In place of any of them: calls of an addon that holds nothing, for what is the runtime's own. */
export async function emptyWork(addon: string, ready: () => void): Promise<never> {
  const empty = createRequire(import.meta.url)(addon) as { nothing(): undefined };
  ready();
  return endlessly(() => {
    for (let i = 0; i < 1000; i++) empty.nothing();
  });
}
