/** The examples of README.md and docs/: fenced blocks, and commands in running text. */
import { readSource, sourceFiles } from "./sources.js";

export interface Fence {
  /** "README.md:12", where it begins. */
  readonly place: string;
  readonly language: string;
  readonly text: string;
}

const PAGES = /^(README\.md|docs\/[\w-]+\.md)$/;

export function fences(): Fence[] {
  return sourceFiles(PAGES).flatMap((path) => {
    const found: Fence[] = [];
    let open: { at: number; language: string; lines: string[] } | null = null;
    for (const [i, line] of readSource(path).split("\n").entries()) {
      const mark = /^```(\w*)$/.exec(line);
      if (mark === null) open?.lines.push(line);
      else if (open === null) open = { at: i + 1, language: mark[1] ?? "", lines: [] };
      else {
        found.push({ place: `${path}:${open.at}`, language: open.language, text: open.lines.join("\n") });
        open = null;
      }
    }
    return found;
  });
}

/** Commands of ours between single backticks, as [place, command]. */
export function spokenCommands(): [place: string, command: string][] {
  return sourceFiles(PAGES).flatMap((path) =>
    readSource(path)
      .split("\n")
      .flatMap((line, i) =>
        [...line.matchAll(/`(npx vqathinker [^`]+|setup --[^`]+)`/g)].map(
          ([, text = ""]): [string, string] => [
            `${path}:${i + 1}`,
            text.startsWith("setup") ? `npx vqathinker ${text}` : text,
          ],
        ),
      ),
  );
}
