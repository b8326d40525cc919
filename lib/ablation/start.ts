/**
 * The models that rows begin with. All are made by one recipe from the same answers to the same videos, so that none has a head
 * start: a reply keeps its reasoning, or its score alone, and nothing else differs but the motion token.
 */
import { existsSync } from "node:fs";
import { relative } from "node:path";
import { writeAtomic } from "../core/atomic-file.js";
import { optionError } from "../core/check.js";
import { EngineError } from "../core/errors.js";
import { jsonLines, readJsonLines } from "../core/jsonl.js";
import { readEntries } from "../data/manifest.js";
import { loadModel } from "../infer/load-model.js";
import type { AnswerForm } from "../rewards/format.js";
import { parseConfig, parseMethod } from "../run/config.js";
import type { SftEvent } from "../sft/event.js";
import { parseAnswer } from "../text/answer.js";
import { readPrompt } from "../text/prompt-file.js";
import { formOf, rewritten } from "../trial/form.js";
import { type OwnAnswer, ownAnswers } from "../trial/warm-up.js";
import type { AblationEvent } from "./event.js";
import type { AblationFolder } from "./folder.js";
import { listOptions } from "./lists.js";
import type { Plan } from "./options.js";
import { rowKeys, startKeys } from "./row-keys.js";
import { goOn } from "./run.js";
import { type RowName, TABLE_4 } from "./table.js";

type Tell = (event: AblationEvent) => void;

interface Making {
  readonly plan: Plan;
  readonly folder: AblationFolder;
  readonly signal: AbortSignal | undefined;
  readonly tell: Tell;
}

/** What a row's model is asked: the user's file, or a shipped model's own words. */
export async function promptFile(row: RowName, plan: Plan, folder: AblationFolder): Promise<string> {
  const { reasoning, preset } = TABLE_4[row];
  const { form, prompt } = formOf(preset);
  return (reasoning ? plan.prompt : plan.answerPrompt) ?? folder.prompt(form, prompt);
}

/**
 * The answers that replies of every form are made of, once for all seeds: those of the list that the user gives, or sampled
 * from the model.
 *
 * @throws {EngineError} E_FORMAT when none has both reasoning and a score.
 */
export async function makeAnswers(
  plan: Plan,
  folder: AblationFolder,
  signal: AbortSignal | undefined,
  tell: Tell,
): Promise<void> {
  if (existsSync(folder.answers)) return;
  const { startReplies, model } = plan;
  const whole =
    startReplies === null
      ? wholeOnes(`${model}: its`, await sampled(plan, folder, signal, tell))
      : await listedReplies(startReplies, plan);
  await writeAtomic(folder.answers, jsonLines(whole));
}

/**
 * The answers of a user's list that replies of every form are made of.
 *
 * @throws {EngineError} E_FORMAT for what is no list of replies, or holds none with both reasoning and a score.
 */
export async function listedReplies(file: string, { config }: Pick<Plan, "config">): Promise<OwnAnswer[]> {
  const entries = await readEntries(file, listOptions(config), "replies");
  const answers = entries.flatMap(({ id, video, reply }) =>
    reply === undefined ? [] : [{ id, video, text: reply }],
  );
  return wholeOnes(`${file}: the`, answers);
}

function wholeOnes(whose: string, answers: readonly OwnAnswer[]): OwnAnswer[] {
  const whole = answers.filter(({ text }) => isWhole(text));
  if (whole.length > 0) return whole;
  const hint = "name a list of such replies (startReplies, --start-replies FILE)";
  const message = `${whose} ${answers.length} answers hold none with a think block and a score; ${hint}`;
  throw new EngineError("E_FORMAT", message);
}

/** Every form can be made of it. */
function isWhole(text: string): boolean {
  const { score, reasoning } = parseAnswer(text);
  return score !== null && reasoning !== null && reasoning.trim() !== "";
}

async function sampled(
  plan: Plan,
  folder: AblationFolder,
  signal: AbortSignal | undefined,
  tell: Tell,
): Promise<OwnAnswer[]> {
  const keys = parseConfig(rowKeys("full", plan));
  const { frames, imageSize, sampling, template, maxNewTokens, device, dtype, threads } = keys;
  const asked = await readPrompt(await promptFile("full", plan, folder));
  const { data, config } = plan;
  const entries = await readEntries(data, listOptions(config), "replies");
  const model = await loadModel(plan.model, { device, dtype, threads });
  const onDone = (done: number, count: number) => tell({ type: "answering", done, count });
  try {
    const how = { ...asked, frames, imageSize, sampling, template, maxNewTokens };
    const answers = await ownAnswers(model, entries, signal, onDone, how);
    if (plan.clips === null) return answers;
    // The folder may move, and its clips with it.
    return answers.map(({ video, ...answer }) => ({ ...answer, video: relative(folder.dir, video) }));
  } finally {
    model.dispose();
  }
}

/** The checkpoint that a row of this seed begins with: made once for all rows of its form. */
export async function startOf(
  row: RowName,
  seed: number,
  { plan, folder, signal, tell }: Making,
): Promise<string> {
  const { start, preset } = TABLE_4[row];
  const made = await folder.start(start, seed);
  if (made !== null) return made;
  const { file: data, count } = await repliesOf(formOf(preset).form, folder);
  const prompt = await promptFile(row, plan, folder);
  const place = { model: plan.model, data, prompt, out: folder.startRun(start, seed), seed };
  const onEvent = (event: SftEvent) => tell({ type: "starting", start, seed, event });
  const keys = startKeys(start, plan, place);
  const asked = plan.startConfig["videosPerStep"];
  if (asked !== undefined) checkShare(asked, count, `the ${count} answers with a think block and a score`);
  // Where nobody says how many, a step takes no more than there are, which are as many for every form.
  const usual = parseMethod(keys).videosPerStep;
  const { checkpoint } = await goOn({ ...keys, videosPerStep: Math.min(usual, count) }, signal, onEvent);
  await folder.keepStart(start, seed, checkpoint);
  return checkpoint;
}

/** @throws {EngineError} E_OPTION for more replies in a step of a start's learning than there are, or can be. */
export function checkShare(asked: unknown, most: number, what: string): void {
  if (typeof asked !== "number" || asked <= most) return;
  const hint = `a step learns from no more than ${what}: lower it or list more videos`;
  throw optionError("startConfig.videosPerStep", `at most ${most}`, asked, hint);
}

async function repliesOf(
  form: AnswerForm,
  folder: AblationFolder,
): Promise<{ readonly file: string; readonly count: number }> {
  const file = folder.replies(form);
  const answers = await readJsonLines(folder.answers);
  const rows = answers.flatMap(({ value }) => {
    const { text, ...row } = value as unknown as OwnAnswer;
    const reply = rewritten(text, form);
    return reply === null ? [] : [{ ...row, reply }];
  });
  // A run that goes on knows its list by its bytes, which are the same.
  await writeAtomic(file, jsonLines(rows));
  return { file, count: rows.length };
}
