/** Which files of a folder are videos, by their names. Opens none. */
import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";

const EXTENSIONS = new Set(
  "3gp avi flv m2ts m4v mkv mov mp4 mpeg mpg mts mxf ogv ts vob webm wmv y4m"
    .split(" ")
    .map((name) => `.${name}`),
);

export interface ExpandedPaths {
  /** Files as given, and in place of a folder the videos in it and below it, sorted. */
  readonly files: string[];
  /** Folders without a video. */
  readonly empty: string[];
}

/** A path that does not exist stays in `files`: opening it tells what is wrong. */
export async function expandPaths(paths: readonly string[]): Promise<ExpandedPaths> {
  const files: string[] = [];
  const empty: string[] = [];
  for (const path of paths) {
    const isFolder = (await stat(path).catch(() => null))?.isDirectory() ?? false;
    if (!isFolder) {
      files.push(path);
      continue;
    }
    const names = await readdir(path, { recursive: true });
    const videos = names.filter((name) => EXTENSIONS.has(extname(name).toLowerCase())).sort();
    if (videos.length === 0) empty.push(path);
    files.push(...videos.map((name) => join(path, name)));
  }
  return { files, empty };
}
