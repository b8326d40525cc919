/** Where ffmpeg and ffprobe are. Knows nothing of videos. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { EngineError } from "../core/errors.js";

const VARIABLES = { ffmpeg: "FFMPEG_PATH", ffprobe: "FFPROBE_PATH" } as const;
export type VideoTool = keyof typeof VARIABLES;

/**
 * The program's path: FFMPEG_PATH or FFPROBE_PATH when set, else the first one on PATH.
 *
 * @throws {EngineError} E_NO_FFMPEG; a variable that names no program is an error, never a fallback.
 */
export function findTool(tool: VideoTool): string {
  const variable = VARIABLES[tool];
  const named = process.env[variable];
  if (named !== undefined && named !== "") {
    if (isProgram(named)) return resolve(named);
    throw new EngineError("E_NO_FFMPEG", `${variable}=${named} is no program; correct it or unset it`, {
      details: { variable, found: named },
    });
  }
  for (const dir of (process.env["PATH"] ?? "").split(delimiter)) {
    const candidate = join(dir === "" ? "." : dir, tool);
    if (isProgram(candidate)) return resolve(candidate);
  }
  const message = `${tool} was not found on PATH; install it (apt-get install ffmpeg) or set ${variable}`;
  throw new EngineError("E_NO_FFMPEG", message, { details: { tool } });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
