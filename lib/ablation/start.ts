/**
 * The models that rows begin with. All are made by one recipe from the same answers to the same videos, so that none has a head
 * start: a reply keeps its reasoning, or its score alone, and nothing else differs but the motion token.
 */
import { existsSync } from "node:fs";
import { writeAtomic } from "../core/atomic-file.js";
import { EngineError } from "../core/errors.js";
import { jsonLines, readJsonLines } from "../core/jsonl.js";
import { readEntries } from "../data/manifest.js";
import { loadModel } from "../infer/load-model.js";
import type { AnswerForm } from "../rewards/format.js";
import { parseConfig } from "../run/config.js";
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
  const answers = plan.startReplies === null ? await sampled(plan, folder, signal, tell) : await listed(plan);
  const whole = answers.filter(({ text }) => isWhole(text));
  if (whole.length === 0) {
    const whose = plan.startReplies === null ? `${plan.model}: its` : `${plan.startReplies}: the`;
    const hint = "name a list of such replies (startReplies, --start-replies FILE)";
    const message = `${whose} ${answers.length} answers hold none with a think block and a score; ${hint}`;
    throw new EngineError("E_FORMAT", message);
  }
  await writeAtomic(folder.answers, jsonLines(whole));
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
    return await ownAnswers(model, entries, signal, onDone, how);
  } finally {
    model.dispose();
  }
}

async function listed({ startReplies, config }: Plan): Promise<OwnAnswer[]> {
  const entries = await readEntries(startReplies as string, listOptions(config), "replies");
  return entries.flatMap(({ id, video, reply }) => (reply === undefined ? [] : [{ id, video, text: reply }]));
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
  const { videosPerStep = count } = keys;
  // A step of the shipped model's recipe takes no more than there are, which are as many for every form.
  const isOurs = plan.isShipped && plan.startConfig["videosPerStep"] === undefined;
  const most = isOurs ? { videosPerStep: Math.min(videosPerStep, count) } : {};
  const { checkpoint } = await goOn({ ...keys, ...most }, signal, onEvent);
  await folder.keepStart(start, seed, checkpoint);
  return checkpoint;
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
