/** A run goes on with what it began with: its inputs now beside those of then. Opens nothing. */
import { optionError } from "../core/check.js";
import { refuse } from "../core/refuse.js";
import { changedRewards, type InputPlaces, type Inputs, inputDifferences } from "./inputs.js";
import { type Moved, movedHint, PLACES } from "./places.js";

/**
 * Gives what is to be said: where nothing can be compared, and of modules that have changed.
 *
 * @throws {EngineError} E_FORMAT naming every input that is another one than `then`; E_OPTION for what a program gave then
 *                       and gives no more, or the other way round.
 */
export function checkInputs(
  run: string,
  then: Inputs | undefined,
  config: InputPlaces & { readonly inputs: Inputs },
  moved: Moved,
  modules: ReadonlyMap<string, string> = new Map(),
): string[] {
  if (then === undefined)
    return [
      "config.json did not say what the run's inputs are known by: they are taken as they are, and recorded",
    ];
  checkGiven(then.given, config.inputs.given ?? {});
  const named = new Set(PLACES.filter((key) => moved[key] !== undefined));
  const differences = inputDifferences(then, config.inputs, config, named);
  if (differences.length === 0) return changedRewards(then, config.inputs, modules);
  const remedy = movedHint(then.dataset !== undefined);
  return refuse(run, null, `${differences.join("; ")}; a run goes on with what it began with: ${remedy}`);
}

function checkGiven(then: Inputs["given"], now: NonNullable<Inputs["given"]>): void {
  // A run of an earlier version did not keep it.
  if (then === undefined) return;
  for (const option of new Set([...Object.keys(then), ...Object.keys(now)])) {
    const [was, is] = [then[option], now[option]];
    if (was === is) continue;
    const expected = was === undefined ? "none: the run began without" : `what the run began with, ${was}`;
    const hint =
      was === undefined ? "" : `a program gave it: resumeTraining(run, { ${option} }) goes on with it`;
    throw optionError(option, expected, is, hint);
  }
}
