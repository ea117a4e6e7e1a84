import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { HookFailure, HookRefusal, type HookTargets } from '../../../src/adapters/hooks/hook.ts';
import { createHookCaller } from '../../../src/adapters/hooks/hook-caller.ts';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import { answering, newHookSecret, startHookReceiver } from '../../support/hook-receiver.ts';
import { DRIVERS } from '../postgres/drivers.ts';

const CODE = '483920';
const PAYLOAD = { user: { id: 'ada' }, sms: { otp: CODE } };
const JSON_TYPE = { 'content-type': 'application/json' };

function callerOf(targets: HookTargets, database = {} as Database) {
  const logged: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) });
  const hooks = createHookCaller({ targets, database, clock: () => new Date(), log });
  const call = (id = 'message-1') => hooks.call('send_sms', PAYLOAD, id);
  /** The reason of a failure, or what the hook says. */
  const refusal = (id?: string) =>
    call(id).then(
      () => null,
      (error: unknown) => {
        if (error instanceof HookFailure) return error.reason;
        if (error instanceof HookRefusal) return { httpCode: error.httpCode, message: error.message };
        throw error;
      },
    );
  return { call, refusal, logged, hooks };
}

describe('a hook over HTTP', () => {
  test('is sent the payload, signed so that the Standard Webhooks library takes it, and is heard', async () => {
    const receiver = await startHookReceiver(() => ({ decision: 'continue' }));
    const { call } = callerOf({ send_sms: receiver.target });
    expect(await call()).toEqual({ decision: 'continue' });
    expect(receiver.calls).toEqual([{ path: '/hook', id: 'message-1', payload: PAYLOAD }]);
  });

  test('is signed with each of its secrets, so that one can follow the other', async () => {
    const receiver = await startHookReceiver();
    const { call, hooks } = callerOf({
      send_sms: { ...receiver.target, secrets: [newHookSecret(), receiver.secret] },
      send_email: { ...receiver.target, secrets: [newHookSecret()] },
    });
    await call();
    await expect(hooks.call('send_email', PAYLOAD, 'message-2')).rejects.toThrow(HookFailure);
    expect([receiver.calls.length, receiver.unsigned.length]).toEqual([1, 1]);
  });

  test.each([
    ['204', answering(204)],
    ['200 and nothing', answering(200)],
    ['202 and an empty object', answering(202, JSON_TYPE, '{}')],
    ['a null for an error', answering(200, JSON_TYPE, '{"error":null}')],
  ])('that answers %s agrees', async (_what, behave) => {
    const receiver = await startHookReceiver(behave);
    await expect(callerOf({ send_sms: receiver.target }).call()).resolves.toBeDefined();
  });

  const refusing = (error: object) => JSON.stringify({ error });
  test.each([
    ['a code', answering(200, JSON_TYPE, refusing({ http_code: 403, message: 'No.' })), 403],
    ['a code as text', answering(200, JSON_TYPE, refusing({ http_code: '409', message: 'No.' })), 409],
    ['no code', answering(200, JSON_TYPE, refusing({ message: 'No.' })), null],
    ['its status', answering(400, JSON_TYPE, refusing({ http_code: 422, message: 'No.' })), 422],
  ])('that answers an error with %s refuses', async (_what, behave, httpCode) => {
    const receiver = await startHookReceiver(behave);
    expect(await callerOf({ send_sms: receiver.target }).refusal()).toEqual({ httpCode, message: 'No.' });
    expect(receiver.calls).toHaveLength(1);
  });

  test('cannot make the caller read a novel', async () => {
    const receiver = await startHookReceiver(() => ({ error: { message: 'no '.repeat(5000) } }));
    const refusal = await callerOf({ send_sms: receiver.target }).refusal();
    expect((refusal as { message: string }).message).toHaveLength(500);
  });

  test.each([
    [
      'HTML',
      answering(200, { 'content-type': 'text/html' }, '<p>Hello'),
      'hook_payload_invalid_content_type',
    ],
    ['no type', answering(200, {}, '{}'), 'hook_payload_invalid_content_type'],
    ['too much', answering(200, JSON_TYPE, `{"a":"${'x'.repeat(204_800)}"}`), 'hook_payload_over_size_limit'],
    ['no JSON', answering(200, JSON_TYPE, '{'), 'unusable'],
    ['a list', answering(200, JSON_TYPE, '[]'), 'unusable'],
    ['500', answering(500), 'unusable'],
    ['401', answering(401), 'unusable'],
    ['503 without a time', answering(503), 'unusable'],
  ])('that answers %s fails, and is not asked again', async (_what, behave, reason) => {
    const receiver = await startHookReceiver(behave);
    expect(await callerOf({ send_sms: receiver.target }).refusal()).toBe(reason);
    expect(receiver.calls).toHaveLength(1);
  });

  test('that sends on to elsewhere fails, and elsewhere hears nothing', async () => {
    const elsewhere = await startHookReceiver();
    const receiver = await startHookReceiver(answering(307, { location: elsewhere.url }));
    expect(await callerOf({ send_sms: receiver.target }).refusal()).toBe('unusable');
    expect(elsewhere.calls.length + elsewhere.unsigned.length).toBe(0);
  });

  test.each([429, 503])(
    'that answers %i with a time is asked again then, under the same id',
    async (status) => {
      const receiver = await startHookReceiver(answering(status, { 'retry-after': '0' }));
      const { call, refusal } = callerOf({ send_sms: receiver.target });
      expect(await refusal()).toBe('unusable');
      expect(receiver.calls.map(({ id }) => id)).toEqual(['message-1', 'message-1', 'message-1']);
      receiver.behaves((_call, response) => {
        if (receiver.calls.length > 4) return { done: true };
        return answering(status, { 'retry-after': '0' })(_call, response);
      });
      expect(await call()).toEqual({ done: true });
    },
  );

  test('that asks to wait longer than there is time for is not waited for', async () => {
    const receiver = await startHookReceiver(answering(503, { 'retry-after': '60' }));
    const start = performance.now();
    expect(await callerOf({ send_sms: receiver.target }).refusal()).toBe('unusable');
    expect(performance.now() - start).toBeLessThan(2000);
  });

  test('that says nothing for five seconds is out of time, also where it began to', async () => {
    const silent = await startHookReceiver(
      (_call, response) => void response.writeHead(200, JSON_TYPE).flushHeaders(),
    );
    const start = performance.now();
    expect(await callerOf({ send_sms: silent.target }).refusal()).toBe('hook_timeout');
    expect(performance.now() - start).toBeGreaterThan(4900);
    expect(performance.now() - start).toBeLessThan(6500);
  }, 10_000);

  test('that is not there is looked for three times; one that comes back meanwhile is heard', async () => {
    const receiver = await startHookReceiver();
    await receiver.stop();
    const { call, refusal } = callerOf({ send_sms: receiver.target });
    expect(await refusal()).toBe('hook_timeout_after_retry');
    const answer = call();
    const port = Number(new URL(receiver.url).port);
    const back = await startHookReceiver(() => ({ back: true }), { secret: receiver.secret, port });
    expect(await answer).toEqual({ back: true });
    expect(back.calls).toHaveLength(1);
  });

  test('leaves no secret, no code, no address and nothing of the answer in the log', async () => {
    const receiver = await startHookReceiver(() => ({ secretAnswer: 'hunter2' }));
    const target = { ...receiver.target, url: `${receiver.url}?key=in-the-address` };
    const { call, refusal, logged } = callerOf({ send_sms: target });
    await call();
    for (const behave of [
      answering(500, JSON_TYPE, 'hunter2'),
      answering(200, JSON_TYPE, '{"a":hunter2'),
      answering(400, JSON_TYPE, refusing({ message: 'hunter2' })),
    ]) {
      receiver.behaves(behave);
      await refusal();
    }
    await receiver.stop();
    await refusal();
    expect(logged).toHaveLength(5);
    expect(logged.join()).toContain('ECONNREFUSED');
    expect(logged.join()).not.toMatch(new RegExp(`${CODE}|hunter2|in-the-address|whsec_|v1,`));
  });
});

describe.each(DRIVERS.filter(({ isAvailable }) => isAvailable))(
  'a hook in $driver',
  ({ driver, openEmpty }) => {
    async function inDatabase(body: string, returns = 'jsonb') {
      const database = await openEmpty();
      onTestFinished(() => database.close());
      await database.query(
        `create or replace function public.the_hook(event jsonb) returns ${returns} language plpgsql as $$ begin ${body} end $$`,
      );
      return callerOf({ send_sms: { kind: 'postgres', schema: 'public', function: 'the_hook' } }, database);
    }

    test('is called with the payload, and heard', async () => {
      const { call } = await inDatabase(`return jsonb_build_object('otp', event->'sms'->>'otp');`);
      expect(await call()).toEqual({ otp: CODE });
    });

    test('may return nothing, or json', async () => {
      expect(await (await inDatabase('return;', 'void')).call()).toEqual({});
      expect(await (await inDatabase(`return '{"a":1}'::json;`, 'json')).call()).toEqual({ a: 1 });
      expect(await (await inDatabase('return null;')).call()).toEqual({});
    });

    test('refuses as one over HTTP does', async () => {
      const { refusal } = await inDatabase(`return '{"error":{"http_code":403,"message":"No."}}'::jsonb;`);
      expect(await refusal()).toEqual({ httpCode: 403, message: 'No.' });
    });

    test('that raises fails, what it wrote is taken back, and the log does not learn what it raised', async () => {
      const { refusal, logged } = await inDatabase(`raise exception 'code %', event->'sms'->>'otp';`);
      expect(await refusal()).toBe('unusable');
      expect(logged.join()).toContain('P0001');
      expect(logged.join()).not.toContain(CODE);
    });

    test('that is not there fails', async () => {
      const database = await openEmpty();
      onTestFinished(() => database.close());
      const target = { kind: 'postgres', schema: 'public', function: 'nobody' } as const;
      expect(await callerOf({ send_sms: target }, database).refusal()).toBe('unusable');
    });

    // PGlite runs in our own thread: nothing can interrupt it.
    test.runIf(driver === 'PostgreSQL')('is cancelled after two seconds', async () => {
      const { refusal } = await inDatabase('perform pg_sleep(8); return event;');
      const start = performance.now();
      expect(await refusal()).toBe('hook_timeout');
      expect(performance.now() - start).toBeLessThan(4000);
    });
  },
);
