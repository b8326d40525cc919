/** Each fuzz target with its parts of the time. */
export const TARGETS = {
  "safetensors-header": 2,
  "weight-index": 1,
  pickle: 2,
  convert: 1,
  checkpoint: 1,
  adapter: 1,
  "adapter-folder": 1,
  tokenizer: 1,
  conversation: 1,
  settings: 1,
  "niqe-model": 1,
  lists: 2,
  "prompt-file": 1,
  answers: 1,
  "run-config": 1,
  ffprobe: 1,
  still: 1,
  journal: 1,
  wheel: 1,
  "wheel-index": 1,
  elf: 1,
} as const;
export type TargetName = keyof typeof TARGETS;
export const TARGET_NAMES = Object.keys(TARGETS) as TargetName[];
