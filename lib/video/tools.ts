/** Where ffmpeg and ffprobe are. Knows nothing of videos. */
import { execFile } from "node:child_process";
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { EngineError } from "../core/errors.js";
import { installCommand } from "./ffmpeg-install.js";

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
  const command = installCommand(process.platform, osRelease());
  const how = command === null ? "with your system's packages" : `(${command})`;
  const message = `${tool} was not found on PATH; install it ${how} or set ${variable}`;
  throw new EngineError("E_NO_FFMPEG", message, { details: { tool } });
}

/** @throws {EngineError} E_NO_FFMPEG unless both programs are there. */
export function requireTools(): void {
  for (const tool of Object.keys(VARIABLES) as VideoTool[]) findTool(tool);
}

/** What is said of a program that is missing; null where both are there. */
export function missingTool(): string | null {
  try {
    requireTools();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

function osRelease(): string {
  try {
    return readFileSync("/etc/os-release", "utf8");
  } catch {
    return "";
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** By program: its list of options. */
const known = new Map<string, Promise<string>>();

/**
 * Whether ffmpeg itself, not one of its libraries, has an option of this name; it is asked once.
 *
 * @throws {EngineError} E_NO_FFMPEG, also where it cannot be run.
 */
export async function ffmpegTakes(option: string): Promise<boolean> {
  const program = findTool("ffmpeg");
  const listed = known.get(program) ?? optionsOf(program);
  known.set(program, listed);
  return new RegExp(`^-${option}\\b`, "m").test(await listed);
}

function optionsOf(program: string): Promise<string> {
  return new Promise((settle, reject) => {
    execFile(program, ["-v", "error", "-h", "long"], (cause, stdout) => {
      if (cause === null) return settle(stdout);
      known.delete(program);
      reject(new EngineError("E_NO_FFMPEG", `${program}: cannot be run (${cause.message})`, { cause }));
    });
  });
}
