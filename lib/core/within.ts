/** Whether one path leads through another. Pure. */
import { sep } from "node:path";

/** Is it the folder itself, or in it? Both absolute, and without links where those matter. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
