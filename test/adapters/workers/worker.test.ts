/** What mail, webhooks, the mirror and deletions have in common; what each does with it is in its own tests. */
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createWorker, type Work } from '../../../src/adapters/workers/worker.ts';

const MINUTE_MS = 60_000;

function createScene(parts: Partial<Work<string>> = {}) {
  const waiting: string[] = [];
  const done: string[] = [];
  const lines: { msg: string }[] = [];
  const worker = createWorker<string>(
    {
      name: 'tests',
      atOnce: 2,
      claim: async (places) => waiting.splice(0, places),
      carryOut: async (claim) => {
        done.push(claim);
        return true;
      },
      pauseMs: () => MINUTE_MS,
      ...parts,
    },
    pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line)) }),
  );
  onTestFinished(() => worker.stop());
  return { waiting, done, lines, worker };
}

describe('a worker', () => {
  test('takes the next as soon as there is a place, without being woken', async () => {
    const { waiting, done, worker } = createScene();
    waiting.push('a', 'b', 'c', 'd', 'e');
    worker.start();
    await expect.poll(() => done).toEqual(['a', 'b', 'c', 'd', 'e']);
    waiting.push('f');
    worker.wake();
    await expect.poll(() => done).toContain('f');
  });

  test('overlooks nothing that comes while it reads, and asks no more when nothing does', async () => {
    const reading = Promise.withResolvers<void>();
    let reads = 0;
    const { waiting, done, worker } = createScene({
      async claim(places) {
        const claimed = waiting.splice(0, places);
        reads += 1;
        if (reads === 1) await reading.promise;
        return claimed;
      },
    });
    worker.start();
    waiting.push('a');
    worker.wake();
    reading.resolve();
    await expect.poll(() => done).toEqual(['a']);
    await expect.poll(() => reads).toBe(3);
  });

  test('goes on when rows could not be read, or what came of one not written', async () => {
    let failures = 0;
    const { waiting, done, lines, worker } = createScene({
      async claim(places) {
        if (failures++ === 0) throw new Error('away');
        return waiting.splice(0, places);
      },
      async carryOut(claim) {
        if (claim === 'a') throw new Error('away');
        done.push(claim);
        return true;
      },
    });
    worker.start();
    await expect.poll(() => lines.length).toBe(1);
    waiting.push('a', 'b');
    worker.wake();
    await expect.poll(() => done).toEqual(['b']);
    const messages = ['what is due was not read', 'what came of it was not written'];
    expect(lines.map(({ msg }) => msg)).toEqual(messages);
  });

  test('never has more under way than it has places, however many ask at once', async () => {
    let [underWay, most] = [0, 0];
    const { waiting, worker } = createScene({
      async claim(places) {
        await new Promise((resolve) => setImmediate(resolve));
        return waiting.splice(0, places);
      },
      async carryOut() {
        most = Math.max(most, ++underWay);
        await new Promise((resolve) => setImmediate(resolve));
        underWay -= 1;
        return true;
      },
    });
    waiting.push(...'abcdefgh');
    const counts = await Promise.all([worker.workOff(), worker.workOff(), worker.workOff()]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(8);
    expect(most).toBe(2);
  });
});
