/** The public names of the package; no logic. */
export { EngineError, ERROR_CODES, type ErrorCode } from "./core/errors.js";
export { loadModel, type ScoringModel } from "./infer/load-model.js";
export { openTrainer } from "./model/trainer.js";
export type * from "./model/types.js";
