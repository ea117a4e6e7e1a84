import { expect, test } from 'vitest';
import type { Session } from '../../src/client/client.ts';
import { createSessionStore, keep } from '../../src/client/session-store.ts';
import { createSlowStorage } from './slow-storage.ts';

const session = (accessToken: string, displayName: string) =>
  ({ accessToken, refreshToken: 'r', expiresIn: 900, user: { displayName } }) as Session;

test('changes at the same moment build upon each other', async () => {
  const store = createSessionStore(createSlowStorage(), 'key');
  await store.change('SIGNED_IN', () => keep(session('first', 'A')));
  await Promise.all([
    store.change(
      'USER_UPDATED',
      (kept) => kept && { ...kept, session: session(kept.session.accessToken, 'Ada') },
    ),
    store.change(
      'TOKEN_REFRESHED',
      (kept) => kept && keep(session('second', kept.session.user.displayName!)),
    ),
  ]);
  expect((await store.read())?.session).toEqual(session('second', 'Ada'));
});

test('a change that fails does not stop the next', async () => {
  const storage = createSlowStorage();
  const store = createSessionStore(storage, 'key');
  const full = new Error('The storage is full.');
  const failing = store.change('SIGNED_IN', () => {
    throw full;
  });
  const next = store.change('SIGNED_IN', () => keep(session('second', 'Ada')));
  await expect(failing).rejects.toBe(full);
  await next;
  expect((await store.read())?.session.accessToken).toBe('second');
});
