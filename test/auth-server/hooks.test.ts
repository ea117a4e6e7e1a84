import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HOOK_NAMES, HookTargets } from '../../src/adapters/hooks/hook.ts';
import { answering, type ReceivedCall, startHookReceiver } from '../support/hook-receiver.ts';
import {
  claimsOf,
  DATABASES,
  ISSUER,
  newAddress,
  openAuthServer,
  PASSWORD,
  type TestServer,
} from './support.ts';

type Receiver = Awaited<ReturnType<typeof startHookReceiver>>;
// biome-ignore lint/suspicious/noExplicitAny: tests look into claims of every shape
type Rewrite = (claims: any) => unknown;

const REFUSED = { error: { http_code: 403, message: 'Company addresses only.' } };
const JSON_TYPE = { 'content-type': 'application/json' };
const UUID = expect.stringMatching(/^[0-9a-f-]{36}$/);

describe.each(DATABASES)('hooks on %s', (kind) => {
  let auth: TestServer;
  /** The hooks that are on: all share one receiver, and tell each other apart by their path. */
  let hook: Receiver;

  beforeAll(async () => {
    auth = await openAuthServer(kind);
  });
  afterAll(() => auth.close());

  beforeEach(async () => {
    hook = await startHookReceiver();
  });

  /** The same server with these hooks on. */
  function withHooks(...names: (typeof HOOK_NAMES)[number][]) {
    const targets = Object.fromEntries(
      names.map((name) => [name, { ...hook.target, url: `${hook.url}/${name}` }]),
    ) as HookTargets;
    return auth.withHooks(targets);
  }

  const payloads = (name: string) =>
    hook.calls.filter(({ path }) => path.endsWith(name)).map(({ payload }) => payload);
  const usersWith = (email: string) => auth.rows('select id from auth.users where email = $1', [email]);
  const eventsOf = async (id: string) =>
    (await auth.rows(`select payload from limen.outbox where channel = 'hook'`)).filter(
      ({ payload }) => (payload as { body: { user: { id: string } } }).body.user.id === id,
    );

  describe('custom access token', () => {
    const rewriting =
      (rewrite: Rewrite) =>
      ({ payload }: ReceivedCall) => ({ claims: rewrite(payload.claims) });

    test('is called with the claims and how they were come by, and what it adds is in the token', async () => {
      const { signUp, signIn, refresh, ask } = withHooks('custom_access_token');
      hook.behaves(rewriting((claims) => ({ ...claims, plan: 'pro', app_metadata: { roles: ['editor'] } })));
      const email = newAddress();
      const { body } = await signUp(email);
      expect(claimsOf(body.access_token)).toMatchObject({ plan: 'pro', app_metadata: { roles: ['editor'] } });
      const signedIn = await signIn(email);
      const refreshed = await refresh(signedIn.body.refresh_token);
      expect(claimsOf(refreshed.body.access_token).plan).toBe('pro');
      expect((await ask('/user', { token: refreshed.body.access_token })).status).toBe(200);
      const calls = payloads('custom_access_token');
      expect(calls.map(({ authentication_method }) => authentication_method)).toEqual([
        'password',
        'password',
        'token_refresh',
      ]);
      expect(calls[0]).toEqual({
        metadata: {
          uuid: UUID,
          time: expect.any(String),
          name: 'customize-access-token',
          ip_address: '192.0.2.7',
        },
        user_id: body.user.id,
        claims: expect.objectContaining({ iss: ISSUER, sub: body.user.id, email, aal: 'aal1' }),
        authentication_method: 'password',
      });
    });

    test('may leave out what is not required, end a token sooner, and set a role for the database', async () => {
      const { signUp, ask } = withHooks('custom_access_token');
      hook.behaves(
        rewriting(({ amr, app_metadata, user_metadata, ...claims }) => ({
          ...claims,
          email: '',
          role: 'support',
          exp: claims.iat + 60,
        })),
      );
      const { body } = await signUp(newAddress());
      expect(body.expires_at).toBe(claimsOf(body.access_token).exp);
      expect(body.expires_in).toBeLessThanOrEqual(60);
      expect(claimsOf(body.access_token)).not.toHaveProperty('amr');
      expect((await ask('/user', { token: body.access_token })).status).toBe(200);
    });

    const SOMEBODY = '00000000-0000-4000-8000-000000000001';
    test.each<[string, Rewrite]>([
      ['another person', (claims) => ({ ...claims, sub: SOMEBODY })],
      ['another session', (claims) => ({ ...claims, session_id: SOMEBODY })],
      ['no session', ({ session_id, ...claims }) => claims],
      ['another issuer', (claims) => ({ ...claims, iss: 'https://evil.example' })],
      ['no issuer', ({ iss, ...claims }) => claims],
      ['another audience', (claims) => ({ ...claims, aud: 'admin' })],
      ['another level', (claims) => ({ ...claims, aal: 'aal2' })],
      ['other methods', (claims) => ({ ...claims, amr: [{ method: 'totp', timestamp: claims.iat }] })],
      ['another address', (claims) => ({ ...claims, email: 'root@example.com' })],
      ['another number', (claims) => ({ ...claims, phone: '15551234' })],
      ['a longer life', (claims) => ({ ...claims, exp: claims.exp + 1 })],
      ['a later beginning', (claims) => ({ ...claims, nbf: claims.iat + 60 })],
      ['a younger age', (claims) => ({ ...claims, iat: claims.iat + 60 })],
      ['no anonymity', (claims) => ({ ...claims, is_anonymous: true })],
      ['the role of the project', (claims) => ({ ...claims, role: 'service_role' })],
      ['a life in words', (claims) => ({ ...claims, exp: 'tomorrow' })],
      ['nobody’s role', (claims) => ({ ...claims, role: '' })],
      ['nothing', () => undefined],
      ['a list', () => []],
      ['more than a header takes', (claims) => ({ ...claims, more: 'x'.repeat(12_288) })],
    ])('cannot give a token %s: there is none, and no session is left', async (_what, rewrite) => {
      const { signIn } = withHooks('custom_access_token');
      const { email, id } = await auth.newPerson();
      hook.behaves(rewriting(rewrite));
      const { status, body } = await signIn(email);
      expect([status, body.code]).toEqual([500, 'unexpected_failure']);
      expect(JSON.stringify(body)).not.toContain('root@example.com');
      // The one of the sign-up, with another server.
      expect(await auth.rows('select id from auth.sessions where user_id = $1', [id])).toHaveLength(1);
    });

    test('refuses in its own words, and the next refresh with the same token is good again', async () => {
      const { refresh } = withHooks('custom_access_token');
      const { refreshToken } = await auth.newPerson();
      hook.behaves(() => REFUSED);
      const { status, body } = await refresh(refreshToken);
      expect([status, body]).toEqual([403, { code: 'unknown', message: 'Company addresses only.' }]);
      hook.behaves(rewriting((claims) => claims));
      expect((await refresh(refreshToken)).status).toBe(200);
    });

    test('out of order refuses with 5xx, which ends no session of supabase-js', async () => {
      const { refresh } = withHooks('custom_access_token');
      const { refreshToken } = await auth.newPerson();
      for (const [behave, status, code] of [
        [answering(500), 500, 'unexpected_failure'],
        [answering(200, { 'content-type': 'text/html' }, 'x'), 500, 'hook_payload_invalid_content_type'],
        [answering(200, JSON_TYPE, ' '.repeat(204_801)), 500, 'hook_payload_over_size_limit'],
      ] as const) {
        hook.behaves(behave);
        const answer = await refresh(refreshToken);
        expect([answer.status, answer.headers.get('x-sb-error-code')]).toEqual([status, code]);
      }
      await hook.stop();
      const answer = await refresh(refreshToken);
      expect([answer.status, answer.body.code]).toEqual([504, 'hook_timeout_after_retry']);
    });
  });

  describe('before user created', () => {
    test('sees who is about to be, before they are', async () => {
      const { signUp } = withHooks('before_user_created');
      const email = newAddress();
      hook.behaves(async () => {
        expect(await usersWith(email)).toEqual([]);
        return {};
      });
      const { status, body } = await signUp(email, { data: { display_name: 'Ada' } });
      expect(status).toBe(200);
      expect(payloads('before_user_created')).toEqual([
        {
          metadata: expect.objectContaining({ name: 'before-user-created', ip_address: '192.0.2.7' }),
          user: expect.objectContaining({
            id: body.user.id,
            email,
            app_metadata: { provider: 'email', providers: ['email'] },
            user_metadata: expect.objectContaining({ display_name: 'Ada' }),
            identities: [expect.objectContaining({ provider: 'email' })],
            is_anonymous: false,
          }),
        },
      ]);
      expect(JSON.stringify(hook.calls)).not.toMatch(/argon2|password"/);
    });

    test('refuses sign-ups and administrators alike, and nobody is made', async () => {
      const { signUp, ask } = withHooks('before_user_created');
      hook.behaves(() => REFUSED);
      const email = newAddress();
      const answers = [
        await signUp(email),
        await ask('/admin/users', { token: auth.serviceKey, json: { email, password: PASSWORD } }),
      ];
      expect(answers.map(({ status, body }) => [status, body.message])).toEqual([
        [403, 'Company addresses only.'],
        [403, 'Company addresses only.'],
      ]);
      expect(await usersWith(email)).toEqual([]);
    });

    test('that fails lets nobody in', async () => {
      const { signUp } = withHooks('before_user_created');
      hook.behaves(answering(500));
      const email = newAddress();
      expect((await signUp(email)).status).toBe(500);
      expect(await usersWith(email)).toEqual([]);
    });

    test('is asked about a taken address as about a free one, so that neither tells', async () => {
      const { email } = await auth.newPerson();
      hook.behaves(() => ({}));
      const targets = { before_user_created: hook.target };
      const { signUp } = auth.withHooks(targets, { emailConfirmation: true });
      const answers = [await signUp(email), await signUp(newAddress())];
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(hook.calls).toHaveLength(2);
    });

    test('cannot keep people with an account from their sign-in links, and its refusal tells of no account', async () => {
      const { ask } = withHooks('before_user_created');
      const [{ email }, stranger] = [await auth.newPerson(), newAddress()];
      hook.behaves(() => REFUSED);
      const answers = [
        await ask('/otp', { json: { email } }),
        await ask('/otp', { json: { email: stranger } }),
      ];
      expect(answers.map(({ status, body }) => [status, body])).toEqual([
        [200, {}],
        [200, {}],
      ]);
      const mails = (to: string) => auth.rows('select 1 from limen.outbox where recipient = $1', [to]);
      expect([(await mails(email)).length, (await mails(stranger)).length]).toEqual([1, 0]);
      expect(await usersWith(stranger)).toEqual([]);
      expect(hook.calls).toHaveLength(2);
    });

    test('leaves the database free while it thinks', async () => {
      const { signUp } = withHooks('before_user_created');
      let isFree = false;
      hook.behaves(async () => {
        // PGlite holds back every statement while a transaction is open.
        await auth.rows('select 1');
        isFree = true;
        return {};
      });
      await signUp(newAddress());
      expect(isFree).toBe(true);
    });
  });

  describe('after user created', () => {
    test('is written with the person, once, and called by nobody who waits', async () => {
      const { signUp, signIn, ask } = withHooks('after_user_created');
      const email = newAddress();
      const { body } = await signUp(email);
      await signUp(email);
      await signIn(email);
      const [event, ...more] = await eventsOf(body.user.id);
      expect(more).toEqual([]);
      expect(event?.payload).toEqual({
        channel: 'hook',
        to: 'after_user_created',
        body: {
          metadata: expect.objectContaining({ name: 'after-user-created', ip_address: '192.0.2.7' }),
          user: expect.objectContaining({ id: body.user.id, email }),
        },
      });
      const created = await ask('/admin/users', {
        token: auth.serviceKey,
        json: { email: newAddress(), email_confirm: true },
      });
      expect(await eventsOf(created.body.id)).toHaveLength(1);
      expect(hook.calls).toEqual([]);
    });

    test('off, leaves nothing to deliver', async () => {
      const { id } = await auth.newPerson();
      expect(await eventsOf(id)).toEqual([]);
    });

    test('of one address signed up twenty times at once there is one event', async () => {
      const { signUp } = withHooks('after_user_created');
      const email = newAddress();
      await Promise.all(Array.from({ length: 20 }, () => signUp(email)));
      const [user, ...others] = await usersWith(email);
      expect([others.length, (await eventsOf(user?.id as string)).length]).toEqual([0, 1]);
    });
  });

  describe('password verification attempt', () => {
    test('is told of every attempt, right or wrong, once', async () => {
      const { signIn } = withHooks('password_verification_attempt');
      const { email, id } = await auth.newPerson();
      expect((await signIn(email, 'wrong')).body.code).toBe('invalid_credentials');
      expect((await signIn(email)).status).toBe(200);
      expect(payloads('password_verification_attempt')).toEqual([
        {
          metadata: expect.objectContaining({ name: 'password-verification' }),
          user_id: id,
          valid: false,
        },
        { metadata: expect.anything(), user_id: id, valid: true },
      ]);
    });

    test('may refuse the right password, in its own words, and sign the person out', async () => {
      const { signIn } = withHooks('password_verification_attempt');
      const { email, id, sessionId } = await auth.newPerson();
      const sessions = () => auth.rows('select id from auth.sessions where user_id = $1', [id]);
      hook.behaves(() => ({ decision: 'reject' }));
      const plain = await signIn(email);
      expect([plain.status, plain.body]).toEqual([
        400,
        {
          code: 'invalid_credentials',
          message: 'Further password verification attempts will be rejected.',
        },
      ]);
      expect(await sessions()).toHaveLength(1);
      hook.behaves(() => ({ decision: 'reject', message: 'Locked.', should_logout_user: 'true' }));
      expect((await signIn(email)).body.message).toBe('Locked.');
      expect(await sessions()).toEqual([]);
      expect(auth.ended).toContain(sessionId);
      hook.behaves(() => ({ decision: 'continue', should_logout_user: true }));
      expect((await signIn(email)).status).toBe(200);
    });

    test('answers for an address that nobody has as for any other: the same calls, the same words', async () => {
      const { signIn } = withHooks('password_verification_attempt');
      const stranger = newAddress();
      const { email } = await auth.newPerson();
      const attempts = new Map<string, number>();
      hook.behaves(({ payload: { user_id } }) => {
        attempts.set(user_id, (attempts.get(user_id) ?? 0) + 1);
        return attempts.get(user_id) === 2
          ? { decision: 'reject', message: 'Too often.', should_logout_user: true }
          : { decision: 'continue' };
      });
      const heard = async (address: string) => {
        const first = await signIn(address, 'wrong');
        const second = await signIn(address, 'wrong');
        return [first, second].map(({ status, body }) => [status, body]);
      };
      const statements = async (address: string) => {
        let answers: unknown;
        const ran = await auth.statementsDuring(async () => {
          answers = await heard(address);
        });
        return { ran, answers };
      };
      expect(await statements(stranger)).toEqual(await statements(email));
      expect([...attempts.values()]).toEqual([2, 2]);
      // Version 8, which no account is given.
      expect([...attempts.keys()][0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
    });

    test('that chokes refuses the right password, and lets no wrong one tell', async () => {
      const { signIn } = withHooks('password_verification_attempt');
      const { email } = await auth.newPerson();
      hook.behaves(answering(500));
      const codes = [await signIn(email), await signIn(email, 'wrong'), await signIn(newAddress())];
      expect(codes.map(({ status, body }) => [status, body.code])).toEqual([
        [500, 'unexpected_failure'],
        [400, 'invalid_credentials'],
        [400, 'invalid_credentials'],
      ]);
      await hook.stop();
      const away = await Promise.all([signIn(email), signIn(email, 'wrong'), signIn(newAddress())]);
      expect(away.map(({ status }) => status)).toEqual([504, 504, 504]);
    });
  });
});
