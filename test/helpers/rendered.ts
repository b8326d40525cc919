/** Rendered videos for whole-program tests: made once per process in a folder that goes with it. */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RenderedSet, renderSet } from "../../lib/synthetic/render-set.js";

const made = new Map<string, Promise<RenderedSet & { dir: string }>>();

/** A folder that is removed when the process ends. */
export async function scratch(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "vqathinker-test-"));
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** `count` training clips with their manifest. */
export function renderedVideos(count: number): Promise<RenderedSet & { dir: string }> {
  const key = String(count);
  const found =
    made.get(key) ??
    scratch().then(async (dir) => ({ dir, ...(await renderSet({ kind: "train", count, seed: 5, dir })) }));
  made.set(key, found);
  return found;
}
