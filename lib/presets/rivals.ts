/** Rivals of VQAThinker that train by GRPO: what of them a run here can do. Theirs are Qwen2.5-VL models of images. */
import { open, type Preset, type PresetNote, stated } from "./preset.js";

const TRAINER = "its public trainer";
const LIBRARY = "its trainer's library's default";
const INHERITED = "the trainer that it builds on; not in its public code";

const BASE: PresetNote = {
  topic: "model",
  text: "Qwen2.5-VL-7B there; here the model that you name, as its checkpoint wants to be asked.",
};

/** What all of them have from the library behind their trainers. */
const COMMON = {
  schedule: open("linear", LIBRARY),
  warmupSteps: open(0, LIBRARY),
  maxGradNorm: open(1, LIBRARY),
  loss: stated("grpo", TRAINER),
  ratioLevel: stated("token", TRAINER),
  klEstimator: stated("k3", TRAINER),
  clipLow: stated(0.2, LIBRARY),
  clipHigh: stated(0.2, LIBRARY),
  advantage: stated("released", TRAINER),
  oldPolicy: stated("step", TRAINER),
  iterations: stated(1, LIBRARY),
  temperature: stated(1, TRAINER),
  topK: stated(50, LIBRARY),
  topP: stated(1, LIBRARY),
} as const satisfies Preset["settings"];

export const Q_INSIGHT_PRESET: Preset = {
  title: "Q-Insight: score and degradation by thresholds",
  method: "grpo",
  prompt:
    'the question, and the instruction to reason in a think block and answer by a flat JSON object with "rating", each tag on a line of its own',
  settings: {
    ...COMMON,
    samples: stated(8, TRAINER),
    beta: stated(0.001, TRAINER),
    learningRate: stated(1e-6, TRAINER),
    epochs: stated(10, TRAINER),
    videosPerStep: open(16, "its paper, unchecked: 128 answers on 8 processes"),
    maxNewTokens: stated(256, LIBRARY),
    answers: stated("json", "its score extraction"),
    "rewards.format.variant": stated("released", "its format reward"),
    "rewards.format.form": stated("json", "its format reward"),
    "rewards.threshold.tau": stated(0.35, "its score reward, on a scale from 1 to 5"),
    "rewards.threshold.inclusive": stated(false, "its score reward"),
    "rewards.threshold.unparsed": stated("zero", "its score reward"),
    "rewards.degradation.classReward": stated(0.25, "its degradation reward"),
    "rewards.degradation.severityReward": stated(0.75, "its degradation reward"),
  },
  notes: [
    BASE,
    {
      topic: "comparison",
      text: "is trained apart, on lists of their own: the reward comparison.",
    },
    {
      topic: "learning rate at the end",
      text: "1e-9 there by its paper, unchecked; here 0.",
    },
    {
      topic: "degradation",
      text: "needs columns distortion_class and severity; rows without them are left out.",
    },
  ],
};

export const VISUALQUALITY_R1_PRESET: Preset = {
  title: "VisualQuality-R1: ranking among seven others of one dataset",
  method: "grpo",
  prompt: "the question, and the instruction to reason in a think block and give a score in an answer block",
  settings: {
    ...COMMON,
    samples: stated(6, TRAINER),
    beta: stated(0.04, TRAINER),
    learningRate: stated(1e-6, TRAINER),
    epochs: stated(10, TRAINER),
    videosPerStep: stated(64, "its launcher: 8 processes of 48 answers, K 6"),
    maxNewTokens: stated(256, "its launcher"),
    oneDataset: stated(true, "its sampler: a batch is of one dataset"),
    answers: open("released", "its code, as VQAThinker's trainer after it"),
    "rewards.format.variant": stated("released", "its format reward"),
    "rewards.format.form": stated("think", "its format reward"),
    "rewards.ranking.variant": stated("released", "its ranking reward"),
    "rewards.ranking.opponents": stated(7, "its launcher: eight images on a process"),
    "rewards.ranking.choice": stated("block", "its launcher: the others of the process"),
    "rewards.ranking.ties": stated("half", "its ranking reward"),
    "rewards.ranking.variance": open("unbiased", "its code, as VQAThinker's trainer after it"),
    "rewards.ranking.unparsed": stated("random", "its score extraction: an integer from 1 to 5"),
  },
  notes: [BASE],
};

export const VQ_INSIGHT_PRESET: Preset = {
  title: "VQ-Insight: relative distance, temporal and length bonuses",
  method: "grpo",
  prompt: "the question, and the instruction to reason in a think block and give a score in an answer block",
  settings: {
    ...COMMON,
    samples: open(8, INHERITED),
    beta: open(0.04, INHERITED),
    learningRate: open(1e-6, INHERITED),
    videosPerStep: open(16, "ours: its launcher is not public"),
    maxNewTokens: open(512, "ours: its launcher is not public; as many as earn its length bonus"),
    topP: stated(0.95, TRAINER),
    answers: open("paper", "ours: how it reads a score is not known"),
    "rewards.format.variant": stated("released", "its format reward"),
    "rewards.format.form": stated("think", "its format reward"),
    "rewards.relative.unparsed": open("zero", "ours: it has no rule"),
    "rewards.temporal.variant": open("released", "ours: the one of a public trainer"),
    "rewards.temporal.of": stated(["relative"], "its temporal reward"),
    "rewards.temporal.delta": stated(0.3, "its temporal reward"),
    "rewards.temporal.gate": stated("answer", "its temporal reward"),
    "rewards.temporal.pool": stated("video", "its temporal reward"),
    "rewards.temporal.factor": stated(0.8, "its temporal reward"),
    "rewards.temporal.relativeThreshold": stated(0.1, "its temporal reward"),
    "rewards.length.bonus": stated(0.2, "its length reward"),
    "rewards.length.minTokens": stated(320, "its length reward"),
    "rewards.length.maxTokens": stated(512, "its length reward"),
    "rewards.length.of": stated("relative", "its length reward"),
    "rewards.length.above": stated(0.1, "its length reward"),
    "rewards.length.atLeast": stated(2, "its length reward"),
    "temporal.perturb": stated(true, "its temporal reward"),
    "temporal.modes": stated(["shuffle"], "its temporal reward: a shuffled copy"),
    "temporal.samples": open(4, "its temporal reward: half of the answers, of a number that is not public"),
  },
  notes: [
    BASE,
    { topic: "scale", text: "0 to 100 there, where a miss is measured by the true score; here the model's." },
    {
      topic: "stages",
      text: "three there, images first; a run is one of them, from the model of the one before.",
    },
    { topic: "comparison", text: "is trained apart, on lists of their own: the reward comparison." },
  ],
};
