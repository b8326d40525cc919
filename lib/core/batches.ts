/** Work in batches on items that are opened first. Knows nothing of what an item is or what is done with it. */

export interface BatchWork<Item, Opened, Result> {
  /** Items a batch, ≥ 1; the last may be smaller. */
  readonly size: number;
  /** For one item after the other. */
  readonly open: (item: Item) => Promise<Opened>;
  /** One result for each that was opened. */
  readonly work: (batch: readonly Opened[]) => Promise<readonly Result[]>;
  /** Once for each that was opened. */
  readonly close: (opened: Opened) => void;
  /** Ends the waiting for an item; `open` and `work` see to it themselves. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Results in the order of the items. While one batch is worked on, the next is opened; no item is taken before that.
 * Who leaves early waits for what is being opened, but not for an item that has not come.
 *
 * @throws whatever the items, `open` and `work` throw; the signal's reason when it ends the waiting for an item.
 */
export async function* inBatches<Item, Opened, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  { size, open, work, close, signal }: BatchWork<Item, Opened, Result>,
): AsyncGenerator<Result> {
  const later = (items as AsyncIterable<Item>)[Symbol.asyncIterator];
  const source = later?.call(items) ?? (items as Iterable<Item>)[Symbol.iterator]();
  const stop = new AbortController();
  const abort = () => stop.abort(signal?.reason);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  let waiting = false;
  const take = async () => {
    waiting = true;
    const turn = await source.next();
    waiting = false;
    return turn;
  };
  const fill = async (): Promise<Opened[]> => {
    const batch: Opened[] = [];
    try {
      while (batch.length < size) {
        const turn = await unlessAborted(stop.signal, take);
        if (turn.done) break;
        batch.push(await open(turn.value));
      }
      return batch;
    } catch (error) {
      batch.forEach(close);
      throw error;
    }
  };
  let next = fill();
  try {
    for (let batch = await next; batch.length > 0; batch = await next) {
      next = fill();
      // Its failure is met at the end of this turn, not as an unhandled one.
      next.catch(() => {});
      try {
        yield* await work(batch);
      } finally {
        batch.forEach(close);
      }
    }
  } finally {
    signal?.removeEventListener("abort", abort);
    stop.abort();
    (await next.catch(() => [])).forEach(close);
    const left = Promise.resolve(source.return?.());
    if (waiting) left.catch(() => {});
    else await left;
  }
}

/** What the task gives, or the signal's reason if that comes first. */
function unlessAborted<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
  return new Promise((settle, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort);
    task()
      .then(settle, reject)
      .finally(() => signal.removeEventListener("abort", abort));
  });
}
