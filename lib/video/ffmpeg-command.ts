/** The only door to fluent-ffmpeg: runs one ffmpeg command into a stream. Knows nothing of frames. */
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import ffmpeg from "fluent-ffmpeg";
import { OWN_PICTURES } from "./formats.js";
import { underPlainName } from "./plain-name.js";
import { findTool } from "./tools.js";

export interface PipeRequest {
  /** Absolute, so that no part of it reads as a protocol or an option. */
  readonly input: string;
  /** Options before each opening of the input, one list for each time that it is opened. */
  readonly openings: readonly (readonly string[])[];
  readonly outputOptions: readonly string[];
  /** Takes ffmpeg's standard output; slow writes hold ffmpeg back. */
  readonly output: Writable;
  readonly signal?: AbortSignal | undefined;
}

export interface PipeReport {
  readonly error: Error | null;
  /** What ffmpeg wrote to standard error, by line. */
  readonly lines: readonly string[];
}

/**
 * Runs to the end and reports; never rejects for ffmpeg's own failure.
 *
 * @throws {EngineError} E_NO_FFMPEG; E_UNAVAILABLE where the input's name needs a link that cannot be made.
 */
export async function runFfmpeg(request: PipeRequest): Promise<PipeReport> {
  const program = findTool("ffmpeg");
  return underPlainName(request.input, async (input) => {
    const { error, lines } = await run(program, { ...request, input });
    return { error, lines: lines.map((line) => line.replaceAll(input, request.input)) };
  });
}

function run(program: string, request: PipeRequest): Promise<PipeReport> {
  const { signal } = request;
  return new Promise((settle) => {
    const lines: string[] = [];
    const command = ffmpeg().setFfmpegPath(program);
    for (const [i, options] of request.openings.entries()) {
      const once = i === 0 ? ["-nostdin", "-v", "repeat+error"] : [];
      command.input(request.input).inputOptions([...once, ...OWN_PICTURES, ...options]);
    }
    command.outputOptions([...request.outputOptions]);
    const stop = () => command.kill("SIGKILL");
    let started = false;
    const finish = async (error: Error | null) => {
      signal?.removeEventListener("abort", stop);
      // The process may be gone before its last bytes are taken; without a process nothing would end the stream.
      if (!started) request.output.destroy();
      await finished(request.output).catch(() => {});
      settle({ error, lines });
    };
    command.on("start", () => {
      started = true;
      // The signal may have fired before there was a process to kill.
      if (signal?.aborted) stop();
    });
    command.on("stderr", (line: string) => line.trim() !== "" && lines.push(line.trim()));
    command.on("end", () => void finish(null));
    command.on("error", (error: Error) => void finish(error));
    signal?.addEventListener("abort", stop);
    command.pipe(request.output, { end: true });
  });
}
