/** Runs at most so many tasks at a time, the others in the order in which they came. */

export type Limiter = <T>(task: () => Promise<T>) => Promise<T>;

export function limiterOf(most: number): Limiter {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running >= most) await new Promise<void>((go) => waiting.push(go));
    else running++;
    try {
      return await task();
    } finally {
      // A place is handed on as it is, so that nobody can slip in between.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
