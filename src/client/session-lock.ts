/** One at a time, in all tabs where the browser can see to that; else in this process. */
export function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  // Absent in Node 20, and on pages without TLS.
  const locks = (globalThis.navigator as Navigator | undefined)?.locks as LockManager | undefined;
  return locks ? locks.request(name, work) : inTurn(name, work);
}

const lastInLine = new Map<string, Promise<unknown>>();

function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  const turn = (lastInLine.get(name) ?? Promise.resolve()).then(work);
  const done = turn
    .catch(() => {})
    .then(() => {
      if (lastInLine.get(name) === done) lastInLine.delete(name);
    });
  lastInLine.set(name, done);
  return turn;
}
