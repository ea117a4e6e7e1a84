/** The whole of it: two lives of one Limen, and a receiver that is not always there. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { answering, startHookReceiver } from './support/hook-receiver.ts';
import { startLimen, temporaryFolder } from './support/process.ts';

test('after-user-created is heard once for each account, although Limen is killed right after the sign-up', async () => {
  const hook = await startHookReceiver(answering(500));
  const env = {
    DATA_DIR: temporaryFolder(),
    RATE_LIMITS: 'off',
    HOOK_AFTER_USER_CREATED_ENABLED: 'on',
    HOOK_AFTER_USER_CREATED_URI: hook.url,
    HOOK_AFTER_USER_CREATED_SECRETS: `v1,${hook.secret}`,
  };
  const calls = () => hook.calls.filter(({ payload }) => payload.user.email === 'ada@example.com');
  const until = async (isTrue: () => boolean) => {
    while (!isTrue()) await pause(50);
  };

  const first = await startLimen(env);
  const signUp = () =>
    fetch(`${first.url}/auth/v1/signup`, {
      method: 'POST',
      body: JSON.stringify({ email: 'ada@example.com', password: 'correct horse battery staple' }),
    });
  expect((await signUp()).status).toBe(200);
  await until(() => calls().length > 0);
  // Long enough to note that the receiver would not have it.
  await pause(500);
  first.child.kill('SIGKILL');
  await first.ended;

  const refused = calls().length;
  hook.behaves(() => ({}));
  const second = await startLimen(env);
  await until(() => calls().length > refused);
  await pause(1500);
  expect(calls()).toHaveLength(refused + 1);
  expect(new Set(calls().map(({ id }) => id)).size).toBe(1);
  expect(second.output() + first.output()).not.toMatch(new RegExp(`${hook.secret.slice(6)}|ada@example`));
}, 60_000);
