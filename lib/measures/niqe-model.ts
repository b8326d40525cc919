/** A model of pristine pictures that NIQE compares with, and its file. The authors' numbers are not ours to ship. */
import { z } from "zod";
import { noSuchFile } from "../core/absent.js";
import { writeAtomic } from "../core/atomic-file.js";
import { checkPath, optionError } from "../core/check.js";
import { parseJsonObject } from "../core/json.js";
import { checkObject } from "../core/known-options.js";
import { refuse } from "../core/refuse.js";
import { count, fraction, parseWith } from "../core/schema.js";
import { readIfThere } from "../core/text-file.js";
import type { Gaussian } from "./gaussian.js";
import { NIQE_FEATURES } from "./niqe-features.js";
import { symmetricEigen } from "./symmetric-eigen.js";

const row = z.array(z.number()).length(NIQE_FEATURES);
const modelSchema = z.looseObject({
  mu: row,
  cov: z.array(row).length(NIQE_FEATURES),
  fitted: z
    .strictObject({ pictures: count, blocks: count, sharpness: fraction, version: z.string() })
    .optional(),
});

/** What a model of ours was fitted on. */
export interface NiqeFit {
  /** Pictures, and frames of videos. */
  readonly pictures: number;
  /** Of them, sharper than `sharpness` times their picture's sharpest. */
  readonly blocks: number;
  readonly sharpness: number;
  /** Of this package. */
  readonly version: string;
}

/** Mean [36] and covariance [36, 36] of the features of pristine blocks. */
export interface NiqeModel extends Gaussian {
  /** Of what this package fitted; absent for the numbers of others. */
  readonly fitted?: NiqeFit | undefined;
}

/** Two halves of a covariance, and 0 and its least eigenvalue, may be so far apart by how numbers were printed. */
const ALIKE = 1e-10;

/**
 * Reads a model file: a JSON object with `mu` [36] and `cov` [36][36], as `writeNiqeModel` writes it. Keys of other names
 * are left alone.
 *
 * @throws {EngineError} E_FORMAT naming the file when it is absent or no such object, and when `cov` is no covariance.
 */
export async function readNiqeModel(path: string): Promise<NiqeModel> {
  checkPath("path", path);
  const bytes = (await readIfThere(path)) ?? refuse(path, null, noSuchFile(path));
  if (new TextDecoder("latin1").decode(bytes.subarray(0, 7)) === "MATLAB ") {
    const remedy = "docs/measures.md says how to write it as JSON";
    refuse(path, null, `expected JSON with mu and cov, found a MATLAB file: ${remedy}`);
  }
  const { mu, cov, fitted } = parseWith(modelSchema, parseJsonObject(bytes, path), path);
  const covariance = Float64Array.from(cov.flat());
  const problem = notCovariance(covariance);
  if (problem !== null) refuse(path, "cov", problem);
  return { mean: Float64Array.from(mu), covariance, fitted };
}

/** @throws {EngineError} E_OPTION for what is no model; E_FORMAT when the file cannot be written. */
export async function writeNiqeModel(path: string, model: NiqeModel): Promise<void> {
  checkPath("path", path);
  checkNiqeModel(model);
  const { mean, covariance, fitted } = model;
  const cov = Array.from({ length: NIQE_FEATURES }, (_, i) => [
    ...covariance.subarray(i * NIQE_FEATURES, (i + 1) * NIQE_FEATURES),
  ]);
  await writeAtomic(path, `${JSON.stringify({ fitted, mu: [...mean], cov })}\n`);
}

/** @throws {EngineError} E_OPTION for what readNiqeModel does not give. */
export function checkNiqeModel(model: unknown): asserts model is NiqeModel {
  checkObject("model", model);
  const { mean, covariance } = model as Partial<NiqeModel>;
  for (const [name, values, length] of [
    ["model.mean", mean, NIQE_FEATURES],
    ["model.covariance", covariance, NIQE_FEATURES ** 2],
  ] as const)
    if (!(values instanceof Float64Array) || values.length !== length || !values.every(Number.isFinite))
      throw optionError(
        name,
        `a Float64Array of ${length} finite numbers`,
        values,
        "readNiqeModel gives one",
      );
  const problem = notCovariance(covariance as Float64Array);
  if (problem !== null) throw optionError("model.covariance", problem, "another");
}

/** What is wrong with a matrix as a covariance; null when nothing is. */
function notCovariance(matrix: Float64Array): string | null {
  const n = NIQE_FEATURES;
  const bound = ALIKE * matrix.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++)
      if (Math.abs((matrix[i * n + j] as number) - (matrix[j * n + i] as number)) > bound)
        return `expected a symmetric matrix, found another number at ${i}, ${j} than at ${j}, ${i}`;
  const least = symmetricEigen(matrix).values.reduce((one, other) => Math.min(one, other));
  return least < -bound ? `expected no eigenvalue below 0, found ${least}` : null;
}
