/** Lets one piece of work at a time run under a name, first come, first served, within this process. */
export interface KeyedMutex {
  runExclusive<Result>(key: string, work: () => Promise<Result>): Promise<Result>;
}

export function createKeyedMutex(): KeyedMutex {
  const lastInLine = new Map<string, Promise<void>>();

  return {
    async runExclusive(key, work) {
      const before = lastInLine.get(key);
      const { promise: done, resolve: finish } = Promise.withResolvers<void>();
      lastInLine.set(key, done);
      await before;
      try {
        return await work();
      } finally {
        if (lastInLine.get(key) === done) lastInLine.delete(key);
        finish();
      }
    },
  };
}
