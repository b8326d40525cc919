/** Layouts by their lengths, and how question and instruction come in. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type PromptWording, userTurn } from "../../../lib/text/prompt.js";
import { templateWording } from "../../../lib/text/templates.js";

const own: PromptWording = {
  system: "S",
  lead: "L ",
  frame: "f{i} ",
  frameEnd: ";",
  motion: "m ",
  motionEnd: ";",
  question: "Own?",
};
const asked = { question: "q".repeat(281), instruction: "i".repeat(119) };

function message(template: string, frames: number, texts: object, motion = true): string {
  return userTurn(templateWording(template, own, texts), { frames, motion }).join("<image>");
}

test("the released layouts have the released lengths, with texts of the released lengths", () => {
  assert.equal(message("released-train", 6, asked).length, 544);
  assert.equal(message("released-test", 12, asked).length, 635);
});

test("each layout, spelt out", () => {
  const texts = { question: "Q?", instruction: "So." };
  assert.equal(
    message("released-train", 2, texts),
    "Now you will receive a video:\nFrame1:<image>\nFrame2:<image>\nMotion Feature:<image>\nQ? So.",
  );
  assert.equal(
    message("released-test", 2, texts),
    "Now you will receive a video:Frame1: <image>Frame2: <image>Motion Feature: <image>Q?So.",
  );
  assert.equal(message("internvl-video", 1, texts), "Frame1: <image>\nMotion Feature: <image>\nQ?\nSo.");
  assert.equal(
    message("internvl-video", 2, { question: "Q?" }, false),
    "Frame1: <image>\nFrame2: <image>\nQ?",
  );
  assert.equal(message("default", 1, texts), "L f1 <image>;m <image>;Q? So.");
});

test("the checkpoint's question is asked where the user gives none, but for the released templates", () => {
  assert.deepEqual(templateWording("default", own), own);
  assert.equal(templateWording("internvl-video", own).question, "Own?");
  for (const template of ["released-train", "released-test"]) {
    assert.throws(() => templateWording(template, own), {
      code: "E_OPTION",
      message: new RegExp(`option prompt: expected a question, since template ${template} .*--prompt FILE`),
    });
  }
  assert.throws(() => templateWording("default", own, { instruction: "So." }), {
    code: "E_OPTION",
    message: /option question/,
  });
});

test("the system message stays the checkpoint's", () => {
  assert.equal(templateWording("released-test", own, asked).system, "S");
});

test("an unknown template is refused with the known ones", () => {
  assert.throws(() => templateWording("released", own), {
    code: "E_OPTION",
    message:
      /template: expected one of default, released-train, released-test, internvl-video, found "released"/,
  });
});
