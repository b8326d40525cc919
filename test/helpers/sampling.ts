/** Requests of generate() for the recorded small checkpoints: one that ends at once and one that nobody waits out. */
import { smallPrompt } from "./small-model.js";

export function sampling(seed: number) {
  const prompts = [{ ...smallPrompt(seed), stream: BigInt(seed), samples: 4 }];
  return { prompts, maxNewTokens: 20, temperature: 1 };
}

/** Minutes of work with a safe point every few milliseconds: ids that end are never sampled. */
export function endlessSampling() {
  const prompts = [{ ...smallPrompt(1), stream: "endless", samples: 400 }];
  return { prompts, maxNewTokens: 4000, temperature: 1, suppress: [111] };
}
