/** What a command does where libtorch is missing: who is asked what, and what a script is told. */
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { EngineError } from "../../../lib/core/errors.js";
import { cachedRoot } from "../../../lib/libtorch/cache.js";
import { type Libtorch, searchLibtorch } from "../../../lib/libtorch/libtorch.js";
import { type Offer, offerLibtorch } from "../../../lib/setup/offer.js";
import { scratchFolder } from "../../helpers/video-files.js";
import { torchWheel, WHEEL_NAME, wheelIndex } from "../../helpers/wheels.js";

const scratch = scratchFolder();
const CARD = "NVIDIA H200, 140 GiB, sm_90";
let env: Record<string, string>;
let asked: string[];
let index: Awaited<ReturnType<typeof wheelIndex>>;

/** In each test: a server goes with the test that began it. */
async function bareMachine(): Promise<void> {
  index = await wheelIndex(torchWheel());
  env = {
    HOME: mkdtempSync(join(scratch, "home-")),
    PATH: "/nowhere",
    VQAT_WHEEL_INDEX: `${index.url}/whl/cpu`,
  };
  asked = [];
}

const offer = (more: Partial<Offer> & { answer?: string }): Promise<void> =>
  offerLibtorch({
    wanted: "2.13.0",
    card: null,
    cuda: false,
    env,
    log: () => {},
    tryOut: () => {},
    ask:
      more.answer === undefined
        ? null
        : (question) => {
            asked.push(question);
            return Promise.resolve(more.answer ?? "");
          },
    ...more,
  });
const found = () =>
  searchLibtorch("2.13.0", { ...env, VQAT_LIBTORCH: "" }).candidates.filter(
    ({ source }) => source === "cache",
  );
const missing =
  (...parts: RegExp[]) =>
  (error: { code: string; message: string }) => {
    assert.equal(error.code, "E_NO_LIBTORCH");
    for (const part of parts) assert.match(error.message, part);
    return true;
  };

test("a person who says yes gets the CPU build; one who does not gets the commands, and nothing is fetched", async () => {
  await bareMachine();
  for (const answer of ["", "n", "no", "maybe", "cuda"])
    await assert.rejects(offer({ answer }), missing(/npx vqathinker setup/, /VQAT_SETUP=cpu/));
  assert.deepEqual(index.asked, []);
  await offer({ answer: " Y " });
  assert.equal(found()[0]?.root, cachedRoot("2.13.0", false, env));
  assert.match(
    asked.at(-1) ?? "",
    /libtorch 2\.13.*CPU build \(192 MB to fetch, 510 MB on disk\)\? \[y\/N\] $/,
  );
  const before = asked.length;
  await offer({ answer: "y" });
  assert.equal(asked.length, before, "what is there is not offered");
});

test("where a card is, both builds are named with their sizes, and one must be said", async () => {
  await bareMachine();
  for (const answer of ["", "y", "yes"])
    await assert.rejects(
      offer({ answer, card: CARD }),
      missing(/VQAT_SETUP=cuda \(2\.7 GB to fetch, 4\.3 GB on disk\)/, /NVIDIA H200/),
    );
  assert.match(
    asked[0] ?? "",
    /cpu +192 MB to fetch.*\n +cuda +2\.7 GB to fetch, 4\.3 GB on disk; uses NVIDIA H200.*\n.*\[cpu\/cuda\/N\] $/,
  );
  await assert.rejects(
    offer({ answer: "cuda", card: CARD }),
    missing(/pip brought no torch==2\.13\.0, which the CUDA build needs/),
  );
  await offer({ answer: "cpu", card: CARD });
  assert.equal(found().length, 1);
});

test("a script is told the commands, or says VQAT_SETUP, and is never asked", async () => {
  await bareMachine();
  await assert.rejects(
    offer({}),
    missing(/no libtorch 2\.13 was found/, /npx vqathinker setup/, /set VQAT_SETUP=cpu/),
  );
  await assert.rejects(offer({ env: { ...env, VQAT_SETUP: "gpu" } }), {
    code: "E_OPTION",
    message: /VQAT_SETUP: expected cpu or cuda, found "gpu"/,
  });
  assert.deepEqual(index.asked, []);
  await offer({ env: { ...env, VQAT_SETUP: "cpu" }, answer: "n" });
  assert.equal(found().length, 1);
  assert.deepEqual(asked, []);
});

test("what was seen and rejected stands below the ways out", async () => {
  await bareMachine();
  await offer({ answer: "y" });
  const seen =
    /; run: npx vqathinker setup\nor set VQAT_SETUP=cpu.*\n {2}.*libtorch-2\.13\.0: version 2\.13\.0, wanted 0\.99$/;
  await assert.rejects(offer({ wanted: "0.99.0" }), missing(seen));
});

test("for a card that was asked for the CUDA build alone is offered, with its size", async () => {
  await bareMachine();
  const told = missing(
    /; run: npx vqathinker setup --cuda\nor set VQAT_SETUP=cuda, and this command fetches it \(2\.7 GB to fetch, 4\.3 GB on disk\)$/,
  );
  await assert.rejects(offer({ cuda: true, card: CARD }), told);
  for (const answer of ["", "n", "cpu"])
    await assert.rejects(offer({ cuda: true, card: CARD, answer }), told);
  assert.match(
    asked.at(-1) ?? "",
    /Fetch the CUDA build \(2\.7 GB to fetch, 4\.3 GB on disk; uses NVIDIA H200.*\)\? \[y\/N\] $/,
  );
  const pip = missing(/^pip brought no torch==2\.13\.0, which the CUDA build needs/);
  await assert.rejects(offer({ cuda: true, card: CARD, answer: "y" }), pip);
  await assert.rejects(offer({ cuda: true, card: CARD, env: { ...env, VQAT_SETUP: "cuda" } }), pip);
  // Fetched for a card, the CPU build would be refused afterwards.
  const vain = missing(/VQAT_SETUP=cuda.*; VQAT_SETUP=cpu names the CPU build, which serves no card$/);
  await assert.rejects(
    offer({ cuda: true, card: CARD, answer: "y", env: { ...env, VQAT_SETUP: "cpu" } }),
    vain,
  );
  assert.deepEqual([index.asked, found()], [[], []]);
});

test("what does not open is not kept", async () => {
  await bareMachine();
  const tryOut = ({ root }: Libtorch, anew = "") => {
    throw new EngineError("E_UNAVAILABLE", `${root}/lib does not open; ${anew}`);
  };
  await assert.rejects(offer({ answer: "y", tryOut }), {
    code: "E_UNAVAILABLE",
    message: `the wheel that was brought, ${WHEEL_NAME}: torch/lib does not open; fetch it anew, or give a wheel by --wheel FILE`,
  });
  assert.deepEqual(found(), []);
});

test("a variable that names no libtorch is not made up for", async () => {
  await bareMachine();
  const named = { ...env, VQAT_LIBTORCH: "/nowhere", VQAT_SETUP: "cpu" };
  await assert.rejects(offer({ env: named }), missing(/VQAT_LIBTORCH='\/nowhere'/));
  assert.deepEqual(index.asked, []);
});
