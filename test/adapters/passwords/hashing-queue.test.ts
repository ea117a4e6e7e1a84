import { describe, expect, test } from 'vitest';
import { createHashingQueue } from '../../../src/adapters/passwords/hashing-queue.ts';
import { HashingBusyError } from '../../../src/adapters/passwords/password-hasher.ts';

describe('the hashing queue', () => {
  test('runs no more at once than it may, in the order they came', async () => {
    const queue = createHashingQueue({ concurrency: 2, queueLimit: 10 });
    const started: number[] = [];
    let running = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        queue.run(async () => {
          started.push(index);
          most = Math.max(most, ++running);
          await new Promise((resolve) => setTimeout(resolve, 2));
          running--;
        }),
      ),
    );
    expect(most).toBe(2);
    expect(started).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('gives the place of work that failed to the next', async () => {
    const queue = createHashingQueue({ concurrency: 1, queueLimit: 1 });
    const failing = queue.run(() => Promise.reject(new Error('no')));
    const next = queue.run(async () => 'done');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('done');
  });

  test('refuses before anything waiting has finished', async () => {
    const queue = createHashingQueue({ concurrency: 1, queueLimit: 0 });
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = queue.run(() => promise);
    await expect(queue.run(async () => {})).rejects.toBeInstanceOf(HashingBusyError);
    resolve();
    await first;
  });
});
