/** Which files of a folder are videos, by their names, and by their first bytes where a name has two meanings. */
import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { noSuchFile } from "../core/absent.js";
import { systemReason } from "../core/refuse.js";
import { isStill } from "./still.js";
import { isTransportStream } from "./transport-stream.js";

const EXTENSIONS = new Set(
  "3gp avi flv m2ts m4v mkv mov mp4 mpeg mpg mts mxf ogv ts vob webm wmv y4m"
    .split(" ")
    .map((name) => `.${name}`),
);
/** Endings that TypeScript has as well. */
const TRANSPORT_STREAMS = new Set([".ts", ".mts", ".m2ts"]);

/**
 * Folders beside the user's own, which hold copies, previews or what was deleted: of macOS's archives, Synology, QNAP,
 * Windows and ext4. Those of other systems begin with a dot.
 */
const COMPANIONS = new Set(
  "__macosx @eadir #recycle #snapshot @recycle @recently-snapshot $recycle.bin recycler lost+found"
    .split(" ")
    .concat("system volume information"),
);

/** Why something in a folder was left alone, as a count of it is told. */
const REASONS = {
  hidden: "hidden",
  companion: "kept by another system",
  linked: "links to folders",
  special: "no plain files",
  notStream: "named like transport streams but none",
} as const;
type Reason = keyof typeof REASONS;

export interface ExpandedPaths {
  /** Files as given, and in place of a folder the videos in it and below it, sorted. */
  readonly files: string[];
  /** Folders without a video, and those that cannot be read, with what is wrong. */
  readonly unfit: { readonly path: string; readonly problem: string }[];
  /** For each folder in which some were, what was passed over, in one line. */
  readonly passedOver: string[];
}

/**
 * A folder stands for the videos in it and below it. Links to files are followed and links to folders are not, so that
 * a folder is walked once. Passed over and counted: hidden names, folders that other systems keep beside the user's,
 * pipes and devices, and files named .ts, .mts or .m2ts that do not begin like a transport stream. A path that does not exist stays in
 * `files`: opening it tells what is wrong.
 *
 * @param stills  pictures of a folder count as well.
 */
export async function expandPaths(
  paths: readonly string[],
  { stills = false }: { readonly stills?: boolean } = {},
): Promise<ExpandedPaths> {
  const found: ExpandedPaths = { files: [], unfit: [], passedOver: [] };
  for (const path of paths) {
    const isFolder = (await stat(path).catch(() => null))?.isDirectory() ?? false;
    if (isFolder) await expandFolder(path, stills, found);
    else found.files.push(path);
  }
  return found;
}

async function expandFolder(
  root: string,
  stills: boolean,
  { files, unfit, passedOver }: ExpandedPaths,
): Promise<void> {
  const videos: string[] = [];
  const broken: { path: string; problem: string }[] = [];
  const counts = new Map<Reason, number>();
  const walk = async (folder: string): Promise<void> => {
    const path = join(root, folder);
    const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      const problem =
        error.code === "ENOENT" ? noSuchFile(path) : `this folder cannot be read (${systemReason(error)})`;
      broken.push({ path, problem });
      return [];
    });
    for (const entry of entries.sort(byName)) {
      const name = join(folder, entry.name);
      const kind = await kindOf(entry, join(root, name), stills);
      if (kind === "folder") await walk(name);
      else if (kind === "video") videos.push(name);
      else if (kind !== null) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
  };
  await walk("");
  unfit.push(...broken);
  if (videos.length === 0 && broken.length === 0)
    unfit.push({
      path: root,
      problem: `expected ${stills ? "pictures or videos" : "video files"} in this folder, found none`,
    });
  files.push(...videos.sort().map((name) => join(root, name)));
  const told = Object.entries(REASONS).flatMap(([reason, words]) => {
    const count = counts.get(reason as Reason);
    return count === undefined ? [] : [`${words} ${count}`];
  });
  if (told.length > 0) passedOver.push(`${root}: passed over: ${told.join(", ")}`);
}

function byName(one: Dirent, other: Dirent): number {
  return one.name < other.name ? -1 : 1;
}

/** null for what no one would take for a video or a folder of them. */
async function kindOf(
  entry: Dirent,
  path: string,
  stills: boolean,
): Promise<"folder" | "video" | Reason | null> {
  const ending = extname(entry.name).toLowerCase();
  // A link that leads nowhere is kept as a file: opening it tells so.
  const target = entry.isSymbolicLink() ? await stat(path).catch(() => null) : entry;
  const isFolder = target?.isDirectory() ?? false;
  if (!isFolder && !EXTENSIONS.has(ending) && !(stills && isStill(entry.name))) return null;
  if (entry.name.startsWith(".")) return "hidden";
  if (isFolder && COMPANIONS.has(entry.name.toLowerCase())) return "companion";
  if (isFolder) return target === entry ? "folder" : "linked";
  if (target !== null && !target.isFile()) return "special";
  return TRANSPORT_STREAMS.has(ending) && !(await isTransportStream(path)) ? "notStream" : "video";
}
