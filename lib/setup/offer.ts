/**
 * What a command that computes does where libtorch is missing: a person is asked, a script reads VQAT_SETUP or is told
 * the command. Nothing is fetched unasked.
 */
import { EngineError } from "../core/errors.js";
import type { Environment } from "../libtorch/cache.js";
import { type FetchOptions, fetchLibtorch } from "../libtorch/fetch-libtorch.js";
import { findLibtorch, minorVersion, searchLibtorch, type TryOut } from "../libtorch/libtorch.js";
import { BUILDS, type Build, chosenBuild, cost, SETUP_VARIABLE } from "./choice.js";

export interface Offer {
  /** The libtorch that the addon was built for. */
  readonly wanted: string;
  /** The card that is here, in words; null for none. */
  readonly card: string | null;
  /** Only the CUDA build serves: a card was asked for. */
  readonly cuda: boolean;
  /** Asks a person; null where nobody can answer. */
  readonly ask: ((question: string) => Promise<string>) | null;
  readonly env: Environment;
  readonly log: (line: string) => void;
  readonly tryOut: TryOut;
  readonly onBytes?: FetchOptions["onBytes"];
}

/**
 * Does nothing where libtorch is there.
 *
 * @throws {EngineError} E_NO_LIBTORCH with the commands when it is missing and nobody wants it fetched, or VQAT_SETUP
 *   names a build that would not serve; as fetchLibtorch.
 */
export async function offerLibtorch(offer: Offer): Promise<void> {
  const { wanted, cuda, env, log, onBytes, tryOut } = offer;
  if (searchLibtorch(wanted, env).found !== null) return;
  const chosen = chosenBuild(env);
  // The CPU build would be fetched for a card in vain.
  const build = cuda && chosen === "cpu" ? null : (chosen ?? (await asked(offer)));
  if (build === null) throw missing(offer);
  await fetchLibtorch({ version: wanted, cuda: build === "cuda", env, log, onBytes, tryOut });
}

async function asked({ wanted, card, cuda, ask }: Offer): Promise<Build | null> {
  if (ask === null) return null;
  const what = `libtorch ${minorVersion(wanted)}, which computes, is not on this machine.`;
  const oneBuild = async (build: Build, more: string): Promise<Build | null> => {
    const name = build.toUpperCase();
    const answer = await ask(`${what} Fetch the ${name} build (${cost(build)}${more})? [y/N] `);
    return /^y(es)?$/i.test(answer.trim()) ? build : null;
  };
  if (cuda) return oneBuild("cuda", card === null ? "" : `; uses ${card}`);
  if (card === null) return oneBuild("cpu", "");
  const builds = `  cpu   ${cost("cpu")}\n  cuda  ${cost("cuda")}; uses ${card}\n`;
  const answer = await ask(`${what}\n${builds}Which one shall be fetched? [cpu/cuda/N] `);
  return BUILDS.find((build) => build === answer.trim().toLowerCase()) ?? null;
}

function missing({ wanted, card, cuda, env }: Offer): EngineError {
  try {
    findLibtorch(wanted, env, cuda);
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "E_NO_LIBTORCH") throw error;
    // What was seen and rejected stands below all that can be done.
    const [first, ...seen] = error.message.split("\n");
    const message = [first, cuda ? cudaWay(env) : bothWays(card), ...seen].join("\n");
    return new EngineError("E_NO_LIBTORCH", message, { details: error.details });
  }
  throw new EngineError("E_INTERNAL", "libtorch is missing and found");
}

function bothWays(card: string | null): string {
  const cuda =
    card === null
      ? ""
      : `; for ${card}: npx vqathinker setup --cuda, or ${SETUP_VARIABLE}=cuda (${cost("cuda")})`;
  return `or set ${SETUP_VARIABLE}=cpu, and this command fetches it (${cost("cpu")})${cuda}`;
}

function cudaWay(env: Environment): string {
  const said =
    chosenBuild(env) === "cpu" ? `; ${SETUP_VARIABLE}=cpu names the CPU build, which serves no card` : "";
  return `or set ${SETUP_VARIABLE}=cuda, and this command fetches it (${cost("cuda")})${said}`;
}
