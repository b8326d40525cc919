/**
 * What a command that computes does where libtorch is missing: a person is asked, a script reads VQAT_SETUP or is told
 * the command. Nothing is fetched unasked.
 */
import { EngineError } from "../core/errors.js";
import type { Environment } from "../libtorch/cache.js";
import { type FetchOptions, fetchLibtorch } from "../libtorch/fetch-libtorch.js";
import { findLibtorch, minorVersion, searchLibtorch } from "../libtorch/libtorch.js";
import { BUILDS, type Build, chosenBuild, cost, SETUP_VARIABLE } from "./choice.js";

export interface Offer {
  /** The libtorch that the addon was built for. */
  readonly wanted: string;
  /** The card that is here, in words; null for none. */
  readonly card: string | null;
  /** Asks a person; null where nobody can answer. */
  readonly ask: ((question: string) => Promise<string>) | null;
  readonly env: Environment;
  readonly log: (line: string) => void;
  readonly onBytes?: FetchOptions["onBytes"];
}

/**
 * Does nothing where libtorch is there.
 *
 * @throws {EngineError} E_NO_LIBTORCH with the commands when it is missing and nobody wants it fetched; as fetchLibtorch.
 */
export async function offerLibtorch(offer: Offer): Promise<void> {
  const { wanted, env, log, onBytes } = offer;
  if (searchLibtorch(wanted, env).found !== null) return;
  const build = chosenBuild(env) ?? (await asked(offer));
  if (build === null) throw missing(offer);
  await fetchLibtorch({ version: wanted, cuda: build === "cuda", env, log, onBytes });
}

async function asked({ wanted, card, ask }: Offer): Promise<Build | null> {
  if (ask === null) return null;
  const what = `libtorch ${minorVersion(wanted)}, which computes, is not on this machine.`;
  if (card === null) {
    const answer = await ask(`${what} Fetch the CPU build (${cost("cpu")})? [y/N] `);
    return /^y(es)?$/i.test(answer.trim()) ? "cpu" : null;
  }
  const builds = `  cpu   ${cost("cpu")}\n  cuda  ${cost("cuda")}; uses ${card}\n`;
  const answer = await ask(`${what}\n${builds}Which one shall be fetched? [cpu/cuda/N] `);
  return BUILDS.find((build) => build === answer.trim().toLowerCase()) ?? null;
}

function missing({ wanted, card, env }: Offer): EngineError {
  const cuda =
    card === null
      ? ""
      : `; for ${card}: npx vqathinker setup --cuda, or ${SETUP_VARIABLE}=cuda (${cost("cuda")})`;
  const ways = `or set ${SETUP_VARIABLE}=cpu, and this command fetches it (${cost("cpu")})${cuda}`;
  try {
    findLibtorch(wanted, env);
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "E_NO_LIBTORCH") throw error;
    // What was seen and rejected stands below all that can be done.
    const [first, ...seen] = error.message.split("\n");
    return new EngineError("E_NO_LIBTORCH", [first, ways, ...seen].join("\n"), { details: error.details });
  }
  throw new EngineError("E_INTERNAL", "libtorch is missing and found");
}
