import { afterEach, expect, test, vi } from 'vitest';
import { createTestHttpApp } from './http-test-app.ts';

afterEach(() => void vi.useRealTimers());

const fine = async () => {};
const broken = async () => {
  throw new Error('password authentication failed for user "limen"');
};

test('/health answers while nothing else works', async () => {
  const { send } = createTestHttpApp({ readiness: { database: broken } });
  const { status, body } = await send('/health');
  expect([status, body]).toEqual([200, { status: 'ok' }]);
});

test('/ready names what was asked', async () => {
  const { send } = createTestHttpApp({ readiness: { database: fine, auth: fine } });
  const { status, body } = await send('/ready');
  expect([status, body]).toEqual([200, { status: 'ready', checks: { database: 'ok', auth: 'ok' } }]);
});

test('/ready names what is down, and tells nothing more', async () => {
  const { send, log } = createTestHttpApp({ readiness: { database: broken, auth: fine } });
  const { status, body } = await send('/ready');
  expect([status, body]).toEqual([503, { status: 'unavailable', checks: { database: 'down', auth: 'ok' } }]);
  expect(log[0]).toMatchObject({ msg: 'readiness check failed', check: 'database' });
});

test('a check that throws before it waits is down like any other', async () => {
  const { send } = createTestHttpApp({
    readiness: {
      database: () => {
        throw new Error('no pool');
      },
    },
  });
  expect((await send('/ready')).body.checks).toEqual({ database: 'down' });
});

test('a check that hangs is down after two seconds', async () => {
  vi.useFakeTimers();
  const { send } = createTestHttpApp({ readiness: { database: () => new Promise(() => {}), auth: fine } });
  const answer = send('/ready');
  await vi.advanceTimersByTimeAsync(2000);
  const { status, body } = await answer;
  expect([status, body.checks]).toEqual([503, { database: 'down', auth: 'ok' }]);
});

test('many who ask at once share one check, and the next one asks again', async () => {
  let asked = 0;
  const count = async () => {
    asked += 1;
  };
  const { send } = createTestHttpApp({ readiness: { database: count } });
  await Promise.all(Array.from({ length: 50 }, () => send('/ready')));
  expect(asked).toBe(1);
  await send('/ready');
  expect(asked).toBe(2);
});

test('a server that is about to stop is not ready, but answers', async () => {
  const { app, send, graphql } = createTestHttpApp({ readiness: { database: fine } });
  app.beginShutdown();
  const { status, body } = await send('/ready');
  expect([status, body]).toEqual([503, { status: 'stopping' }]);
  expect((await send('/health')).status).toBe(200);
  expect((await graphql('{ me { id } }')).status).toBe(200);
});
