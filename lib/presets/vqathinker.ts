/** VQAThinker as its paper prints it, as its public trainer runs it, and the switches of the paper's table 4. */
import { open, type Preset, type PresetNote, stated } from "./preset.js";

const PAPER = "paper, training details";
const SILENT = "the paper does not say; as the public trainer";
const SCRIPT = "released, launch script";
const LIBRARY = "released, the training library's default";
const TRAINER = "released, the trainer's source";
const PROMPT =
  "the question, and the instruction to reason in a think block and give a score with two decimals in an answer block";
const PARTS = ["vision", "projector", "language", "motionProjector"];
const MODES = ["shuffle", "localShuffle", "reverse", "jitter", "duplicate", "randomDrop"];

/** Where paper and public trainer are both another thing than what an option can say. */
const MOTION: PresetNote = {
  topic: "SlowFast",
  text: "stays in eval mode, its batch norms frozen. The public trainer freezes its parameters alone: there batch norms take the statistics of the step's rows and change the running ones.",
};
const START: PresetNote = {
  topic: "motion projector's start",
  text: "uniform in [0, 0.01) with biases 0, as the public trainer, where the checkpoint has none (slowfast). The paper does not say.",
};
const EPSILON: PresetNote = {
  topic: "ε of the ranking reward",
  text: "1e-6 beside the variances and in both square roots, as the public trainer. The paper has a small constant.",
};
const TESTING: PresetNote = {
  topic: "frames of a test",
  text: "the public test scripts show 12 frames at 560 pixels by another layout: eval with --frames 12 --image-size 560 --template released-test.",
};

/** By both alike. */
const COMMON = {
  epochs: stated(3, PAPER),
  samples: stated(4, "paper, K"),
  learningRate: stated(1e-6, PAPER),
  loss: stated("grpo", "paper, equation 3"),
  beta: stated(0.04, "paper, β"),
  trainable: stated(PARTS, "paper: all but SlowFast"),
} as const satisfies Preset["settings"];

export const PAPER_PRESET: Preset = {
  title: "VQAThinker as its paper prints it",
  method: "grpo",
  prompt: PROMPT,
  settings: {
    ...COMMON,
    videosPerStep: stated(64, "paper, N"),
    schedule: open("linear", SILENT),
    warmupSteps: open(0, SILENT),
    maxGradNorm: open(1, SILENT),
    maxNewTokens: open(2048, SILENT),
    frames: open(6, SILENT),
    imageSize: open(448, SILENT),
    sampling: open("released", SILENT),
    template: open("released-train", SILENT),
    temperature: open(1, SILENT),
    topK: open(0, "the paper does not say; answers of the policy itself, as its equations have them"),
    topP: open(1, SILENT),
    ratioLevel: open(
      "sequence",
      "paper, equation 3: one ratio for an answer, here the geometric mean of its tokens'",
    ),
    klEstimator: open("k3", SILENT),
    clipLow: open(0.2, "paper, ε_s without a number; as the public trainer"),
    clipHigh: open(0.2, "paper, ε_s without a number; as the public trainer"),
    advantage: stated("paper", "paper, equation 2"),
    oldPolicy: stated("epoch", "paper: the weights of the training epoch before"),
    iterations: open(1, SILENT),
    answers: open("paper", "ours: the paper does not say how a score is read"),
    "rewards.format.variant": stated("paper", "paper, format reward"),
    "rewards.format.form": stated("think", "paper, format reward"),
    "rewards.regression.variant": stated("paper", "paper, regression reward: α scales every one"),
    "rewards.regression.sigma": stated(0.5, "paper, σ"),
    "rewards.regression.alpha": stated(0.8, "paper, α"),
    "rewards.regression.unparsed": open("zero", "ours: the paper does not say"),
    "rewards.ranking.variant": stated("paper", "paper, ranking reward"),
    "rewards.ranking.opponents": stated(1, "paper, ranking reward: one video j of the batch"),
    "rewards.ranking.choice": open("drawn", "ours: the paper does not say which j"),
    "rewards.ranking.within": open("step", "paper, ranking reward: of the batch"),
    "rewards.ranking.ties": stated("zero", "paper, equation 7: both indicators are 0"),
    "rewards.ranking.variance": open("population", "paper, variance of K scores without an estimator"),
    "rewards.ranking.unparsed": open("zero", "ours: the paper does not say"),
    "rewards.temporal.variant": stated("paper", "paper, equation 8"),
    "rewards.temporal.delta": stated(0.3, "paper, δ"),
    "rewards.temporal.gate": stated("video", "paper, equation 8: the mean is held against τ"),
    "rewards.temporal.pool": stated("video", "paper, equation 8: means over one video's answers"),
    "rewards.temporal.rankingThreshold": stated(0.5, "paper, τ"),
    "rewards.temporal.regressionThreshold": stated(0.5, "paper, τ"),
    "temporal.perturb": stated(true, "paper, temporal reward"),
    "temporal.modes": open(
      ["freeze", "skip"],
      "paper: frame repetition and dropping as examples, more in its supplement",
    ),
  },
  notes: [
    MOTION,
    START,
    EPSILON,
    TESTING,
    {
      topic: "temporal reward",
      text: 'as printed every answer to a video earns the same, which cannot teach; the dry check says so. "gate": "answer" of the reward is the reading that can.',
    },
    {
      topic: "second indicator of equation 7",
      text: "printed as g_i < g_k, read as g_i < g_j.",
    },
  ],
};

/** The script as it ships: without the temporal reward, whose options stand in released-temporal. */
export const RELEASED_PRESET: Preset = {
  title: "VQAThinker as its public trainer runs it",
  method: "grpo",
  prompt: PROMPT,
  settings: {
    ...COMMON,
    videosPerStep: stated(32, "released, launch script: 8 processes of 8 answers, 2 accumulated, K 4"),
    schedule: stated("linear", LIBRARY),
    warmupSteps: stated(0, LIBRARY),
    maxGradNorm: stated(1, LIBRARY),
    maxNewTokens: stated(2048, SCRIPT),
    frames: stated(6, "released, data module"),
    imageSize: stated(448, "released, data module"),
    sampling: stated("released", "released, data module"),
    template: stated("released-train", "released, question template"),
    temperature: stated(1, TRAINER),
    topK: stated(50, LIBRARY),
    topP: stated(1, LIBRARY),
    ratioLevel: stated("token", TRAINER),
    klEstimator: stated("k3", TRAINER),
    clipLow: stated(0.2, LIBRARY),
    clipHigh: stated(0.2, LIBRARY),
    advantage: stated("released", TRAINER),
    oldPolicy: stated("step", "released, the trainer's source: with one update the ratio is 1"),
    iterations: stated(1, LIBRARY),
    answers: stated("released", "released, score extraction"),
    "rewards.ranking.variant": stated("released", "released, ranking reward"),
    "rewards.ranking.opponents": stated(1, "released, launch script: two videos on a process"),
    "rewards.ranking.choice": stated("block", "released, launch script: the other video of the process"),
    "rewards.ranking.within": stated("step", "released, ranking reward: of the process"),
    "rewards.ranking.ties": stated("half", "released, ranking reward"),
    "rewards.ranking.variance": stated("unbiased", "released, ranking reward"),
    "rewards.ranking.unparsed": stated("random", "released, score extraction: an integer from 1 to 5"),
    "rewards.regression.variant": stated(
      "released",
      "released, regression reward: α where two decimals are missing",
    ),
    "rewards.regression.sigma": stated(0.5, "released, regression reward"),
    "rewards.regression.alpha": stated(0.8, "released, regression reward"),
    "rewards.regression.unparsed": stated("random", "released, score extraction: an integer from 1 to 5"),
    "rewards.format.variant": stated("released", "released, format reward"),
    "rewards.format.form": stated("think", "released, format reward"),
    "temporal.perturb": stated(false, "released, launch script: temporal false"),
    "temporal.modes": stated(MODES, "released, data module"),
  },
  notes: [
    MOTION,
    START,
    EPSILON,
    TESTING,
    {
      topic: "answers without a score in a test",
      text: "count as 3: eval with --unparsed-as 3. In training each reward draws its own integer.",
    },
    {
      topic: "arithmetic",
      text: "bfloat16 there; here as dtype says, float32 by default.",
    },
    {
      topic: "learning rate at the end",
      text: "the scheduler there is told three updates more than are made.",
    },
  ],
};

export const RELEASED_TEMPORAL_PRESET: Preset = {
  ...RELEASED_PRESET,
  title: "VQAThinker's public trainer with its temporal reward on",
  settings: {
    ...RELEASED_PRESET.settings,
    "rewards.temporal.variant": stated("released", "released, temporal reward"),
    "rewards.temporal.delta": stated(0.3, "released, temporal reward"),
    "rewards.temporal.gate": stated("answer", "released, temporal reward: each answer's own"),
    "rewards.temporal.pool": stated(2, "released, temporal reward: the two videos of a process"),
    "rewards.temporal.rankingThreshold": stated(0.5, "released, temporal reward"),
    "rewards.temporal.regressionThreshold": stated(0.9, "released, temporal reward"),
    "temporal.perturb": stated(true, "released, README: temporal true"),
  },
};

const TABLE_4 = "paper, table 4";

export const NO_REASONING_PRESET: Preset = {
  ...PAPER_PRESET,
  title: "VQAThinker's paper, table 4 without reasoning",
  prompt:
    "the question, and the instruction to give a score with two decimals in an answer block and nothing else",
  settings: { ...PAPER_PRESET.settings, "rewards.format.form": stated("answer", TABLE_4) },
  notes: [
    ...PAPER_PRESET.notes,
    { topic: "table 4's prompt without reasoning", text: "is not published; give one of yours." },
  ],
};

/** Its row of the table has no temporal reward either. */
export const NO_MOTION_PRESET: Preset = {
  ...PAPER_PRESET,
  title: "VQAThinker's paper, table 4 without motion",
  settings: {
    ...Object.fromEntries(
      Object.entries(PAPER_PRESET.settings).filter(([path]) => !path.startsWith("rewards.temporal.")),
    ),
    motion: stated(false, TABLE_4),
    trainable: stated(
      PARTS.filter((part) => part !== "motionProjector"),
      TABLE_4,
    ),
    "temporal.perturb": stated(false, `${TABLE_4}: rewards of ranking and regression`),
  },
  notes: PAPER_PRESET.notes.filter(({ topic }) => !["SlowFast", "temporal reward"].includes(topic)),
};
