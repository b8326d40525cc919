/** Circles in a graph of files. */

/** The first circle that a walk in order meets, its first file named again at its end; null when there is none. */
export function circleIn(graph: ReadonlyMap<string, readonly string[]>): string[] | null {
  const finished = new Set<string>();
  const walk = (path: readonly string[]): string[] | null => {
    const last = path.at(-1) as string;
    const earlier = path.indexOf(last);
    if (earlier < path.length - 1) return path.slice(earlier);
    if (finished.has(last)) return null;
    for (const next of graph.get(last) ?? []) {
      const found = walk([...path, next]);
      if (found !== null) return found;
    }
    finished.add(last);
    return null;
  };
  for (const file of graph.keys()) {
    const found = walk([file]);
    if (found !== null) return found;
  }
  return null;
}
