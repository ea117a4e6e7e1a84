import { expect, test } from 'vitest';
import type { AuthBackend } from '../../src/identity/auth-backend.ts';
import { createChangeLog } from '../../src/identity/changes.ts';
import { RateLimitedError } from '../../src/identity/errors.ts';
import { watchPerson } from '../../src/identity/live.ts';
import type { Person } from '../../src/identity/viewer.ts';

const nobodyListens = { changed: () => {}, ended: () => {}, failed: () => {} };

test('one person opens so many streams and no more, until one of them is closed', () => {
  const changes = createChangeLog(() => new Date(), 900);
  const viewer = (id: string) =>
    ({
      account: { id },
      sessionId: 'session',
      expiresAt: new Date(Date.now() + 900_000),
    }) as unknown as Person;
  const watch = (id: string) => watchPerson({ auth: {} as AuthBackend, changes }, viewer(id), nobodyListens);
  const stops = Array.from({ length: 50 }, () => watch('ada'));
  expect(() => watch('ada')).toThrow(RateLimitedError);
  stops.push(watch('grace'));
  stops.shift()!();
  stops.push(watch('ada'));
  for (const stop of stops) stop();
  expect(changes.watching('ada')).toBe(0);
});

test('whoever begins to listen when the session has just ended is told so', () => {
  const changes = createChangeLog(() => new Date(), 900);
  const viewer = {
    account: { id: 'ada' },
    sessionId: 'session',
    expiresAt: new Date(Date.now() + 900_000),
  } as unknown as Person;
  changes.sessionEnded('session');
  const told: string[] = [];
  const stop = watchPerson({ auth: {} as AuthBackend, changes }, viewer, {
    changed: () => void told.push('changed'),
    ended: () => void told.push('ended'),
    failed: () => void told.push('failed'),
  });
  stop();
  expect(told).toEqual(['ended']);
});
