/**
 * npm run test:cuda: the kernels' tests on emulated CUDA in every order and fill, under the sanitizers, and with every
 * fault of planted/ in them; each part fails on its own. `--part orders|address|thread|faults` and `--fault TEXT` (a
 * part of its name) take less.
 */
import { parseArgs } from "node:util";
import { type Look, lookFor } from "./plant.js";
import { FAULTS } from "./planted/all.js";
import { type Build, inPairs, PLAIN, sanitized } from "./programs.js";
import { SETTINGS, type Setting, settingName, trial } from "./trial.js";

const ALL = "*Cuda*";
const FIRST = SETTINGS.slice(0, 1);
/** Every kernel with shared memory, on sizes that the thread sanitizer gets through: it knows no shortcut. */
const SMALL = [
  "*DecodeAttentionTest.EqualKeysAverageTheValues/Cuda",
  "*PolicyLossTest.HandMadeNumbers/Cuda",
  "*RmsNorm.RowsOfUnitSquareKeepTheirSize/Cuda",
  "*RmsNorm.DxMayOverwriteDy/Cuda",
  "*SampleTest.FiltersRenormaliseButLogprobsDoNot/Cuda",
  "*TokenLogprob.EqualLogitsShareTheMassEqually/Cuda",
];

const ADDRESS = once(() =>
  sanitized(
    "address",
    "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer",
  ),
);
const THREAD = once(() => sanitized("thread", "-O1 -g -fsanitize=thread"));

const { values } = parseArgs({
  options: { part: { type: "string" }, fault: { type: "string", default: "" } },
});
let failed = 0;

function report(what: string, good: boolean, text: string): void {
  console.log(`${good ? "ok  " : "FAIL"} ${what}: ${text}`);
  if (!good) ++failed;
}

function once<V>(make: () => V): () => V {
  let made: { value: V } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const passes = (build: Build, tests: string, settings: readonly Setting[]): Promise<void> =>
  inPairs(settings, async (setting) => {
    const told = await trial(build.program, tests, setting);
    report(`${build.name}, ${settingName(setting)}`, told === null, told ?? "all tests passed");
  });

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  orders: () => passes(PLAIN, ALL, SETTINGS),
  address: async () => passes(await ADDRESS(), ALL, FIRST),
  thread: async () => passes(await THREAD(), SMALL.join(":"), FIRST),
  faults: () => {
    const looks: Look[] = [
      { build: () => PLAIN, settings: SETTINGS },
      { build: ADDRESS, settings: FIRST },
      { build: THREAD, settings: FIRST },
    ];
    const sought = FAULTS.filter(({ name }) => name.includes(values.fault));
    return inPairs(sought, async (fault) => {
      try {
        const { told, missed } = await lookFor(fault, looks);
        const after = missed.length > 0 ? `; not told by ${missed.join("; ")}` : "";
        report(fault.name, told !== null, `${told ?? "told by nobody"}${after}`);
      } catch (error) {
        report(fault.name, false, `${error}`);
      }
    });
  },
};

const chosen = Object.entries(PARTS).filter(([name]) => values.part === undefined || values.part === name);
if (chosen.length === 0)
  throw new Error(`--part: expected one of ${Object.keys(PARTS).join(", ")}, found '${values.part}'`);
for (const [name, part] of chosen) {
  console.log(`--- ${name}`);
  await part();
}
console.log(failed === 0 ? "all is well" : `${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
