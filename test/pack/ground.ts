/** What every part of the trial stands on: both packages in a registry, a video, and what the checkout itself scores it. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../helpers/command.js";
import { makeVideo } from "../helpers/video-files.js";
import { Failed, same } from "./checks.js";
import { type PackageServer, registryVariables, servePackages } from "./package-server.js";
import { type Output, type Stranger, stranger, toolFolder, type Variables } from "./stranger.js";
import { packBoth, type Tarballs } from "./tarballs.js";

export interface Ground {
  readonly scratch: string;
  readonly tarballs: Tarballs;
  readonly server: PackageServer;
  readonly video: string;
  /** The checkout's own result, as scoreIn gives the package's. */
  readonly expected: object;
  /** A stranger of this name, whose home and folder are empty at first. */
  stranger(name: string, options?: StrangerOptions): Stranger;
  close(): Promise<void>;
}

export interface StrangerOptions {
  readonly env?: Variables;
  /** Node to have on PATH; default: this one. */
  readonly node?: string;
  /** Folder instead of one of the scratch folder. */
  readonly folder?: string;
  readonly home?: string;
  readonly uid?: number;
}

/** Two threads, so that the bits do not hang on how many the machine has. */
export const SCORE = ["score", "--json", "--threads", "2"] as const;

export async function prepareGround(): Promise<Ground> {
  const scratch = mkdtempSync(join(tmpdir(), "vqat-pack-"));
  mkdirSync(join(scratch, "packed"));
  const tarballs = packBoth(join(scratch, "packed"));
  const server = await servePackages([tarballs.main.file, tarballs.platform.file]);
  const video = makeVideo(join(scratch, "clip.mp4"), { size: "320x240", frames: 50 });
  return {
    scratch,
    tarballs,
    server,
    video,
    expected: scored(await run("lib/cli/main.js", ...SCORE, video)),
    stranger(name, { env = {}, node, folder, home, uid } = {}) {
      const tools = toolFolder(join(scratch, "tools", name), node);
      const place = folder ?? join(scratch, name, "folder");
      const own = home ?? join(scratch, name, "home");
      const known = {
        ...registryVariables(server.url),
        npm_config_update_notifier: "false",
        // Root's is otherwise the whole machine's.
        YARN_CACHE_FOLDER: join(own, "yarn"),
        ...env,
      };
      return stranger(place, own, tools, known, uid);
    },
    async close() {
      await server.close();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** The one result that `score --json` printed, less what differs from run to run. */
export function scored({ code, stdout, stderr }: Output): object {
  if (code !== 0) throw new Failed(`score: exit code ${code}\n${stdout}${stderr}`);
  const { seconds: _seconds, file: _file, ...result } = JSON.parse(stdout) as Record<string, unknown>;
  same(result["status"], "ok", "status");
  return result;
}

/** Scores the video with the package that is installed, to the last bit as the checkout does. */
export async function scoresAsExpected(ground: Ground, who: Stranger, env: Variables = {}): Promise<void> {
  same(scored(await who.run("npx", ["vqathinker", ...SCORE, ground.video], env)), ground.expected, "result");
}

/** Installs as somebody types it, with no script run. */
export function install(who: Stranger, ...more: string[]): Promise<Output> {
  return who.must("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "vqathinker", ...more]);
}
