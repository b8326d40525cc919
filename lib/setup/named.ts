/** Libtorches that a user names instead of fetching one: kept in a record, so that later runs find them by themselves. */
import { resolve } from "node:path";
import { EngineError } from "../core/errors.js";
import { type Environment, recordLibtorch } from "../libtorch/cache.js";
import {
  inspectLibtorch,
  type Libtorch,
  minorVersion,
  type TryOut,
  torchFolders,
} from "../libtorch/libtorch.js";

/** What it must be: of this version's minor, and where asked so a CUDA build. */
interface Asked {
  readonly version: string;
  readonly cuda: boolean;
  /** It must pass this before it is recorded. */
  readonly tryOut: TryOut;
}

/**
 * @throws {EngineError} E_NO_LIBTORCH unless the folder is a libtorch of known version; E_TORCH_VERSION for another minor;
 *   what `tryOut` throws.
 */
export async function nameFolder(folder: string, asked: Asked, env: Environment): Promise<Libtorch> {
  const root = resolve(folder);
  const libtorch = inspectLibtorch("setup", root);
  if (libtorch === null) {
    const message = `option libtorch: expected a folder with lib/libtorch_cpu.so, such as the torch folder of a Python environment, found none in ${root}`;
    throw new EngineError("E_NO_LIBTORCH", message, { details: { root } });
  }
  return named(libtorch, asked, env);
}

/** @throws {EngineError} as nameFolder, when the Python environment has no torch that fits. */
export async function nameEnvironment(prefix: string, asked: Asked, env: Environment): Promise<Libtorch> {
  const root = resolve(prefix);
  const found = torchFolders(root).flatMap((folder) => inspectLibtorch("setup", folder) ?? []);
  const [first] = found;
  if (first === undefined) {
    const message = `option venv: expected a Python environment with torch, found no lib/python3.*/site-packages/torch in ${root}; install torch ${minorVersion(asked.version)} there, or give another one`;
    throw new EngineError("E_NO_LIBTORCH", message, { details: { root } });
  }
  return named(first, asked, env);
}

async function named(
  libtorch: Libtorch,
  { version: wanted, cuda, tryOut }: Asked,
  env: Environment,
): Promise<Libtorch> {
  const { root, version } = libtorch;
  if (cuda && !libtorch.cuda) {
    const message = `${root} is a CPU build of libtorch, --cuda asks for a CUDA build; leave --cuda out, or name another one`;
    throw new EngineError("E_NO_LIBTORCH", message, { details: { root } });
  }
  if (version === null || minorVersion(version) !== minorVersion(wanted)) {
    const found = version ?? "of unknown version, as it has no include/torch headers";
    const message = `${root} is libtorch ${found}, expected ${minorVersion(wanted)}; give another one, or fetch it: npx vqathinker setup`;
    throw new EngineError("E_TORCH_VERSION", message, {
      details: { root, found: version, expected: wanted },
    });
  }
  tryOut(libtorch);
  await recordLibtorch(root, env);
  return libtorch;
}
