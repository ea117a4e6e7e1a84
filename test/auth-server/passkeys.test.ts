/** Passkeys over the protocol, by an unmodified supabase-js and an authenticator in software. */
import type { SupabaseClient } from '@supabase/supabase-js';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  createPasskeyAuthenticator,
  type PasskeyAuthenticator,
  type Wrong,
} from '../support/passkey-authenticator.ts';
import { claimsOf, DATABASES, openAuthServer, type TestServer } from './support.ts';

const ORIGIN = 'https://app.example.com';
const START = '/passkeys/authentication/options';
const FINISH = '/passkeys/authentication/verify';

const envelope = { id: 'AAAA', rawId: 'AAAA', type: 'public-key' };

function json(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

describe.each(DATABASES)('passkeys on %s', (kind) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openAuthServer(kind);
  });
  afterAll(() => server.close());

  type Person = Awaited<ReturnType<TestServer['newPerson']>>;

  /** A supabase-js client in which the person is signed in. */
  async function signedIn(person: Person): Promise<SupabaseClient> {
    const client = server.supabase();
    const session = { access_token: person.accessToken, refresh_token: person.refreshToken };
    expect((await client.auth.setSession(session)).error).toBeNull();
    return client;
  }

  async function register(
    token: string,
    authenticator = createPasskeyAuthenticator(ORIGIN),
    wrong: Wrong = {},
  ) {
    const started = await server.ask('/passkeys/registration/options', { token, json: {} });
    expect(started.status).toBe(200);
    const credential = authenticator.create(started.body.options, wrong);
    const answer = await server.ask('/passkeys/registration/verify', {
      token,
      json: { challenge_id: started.body.challenge_id, credential },
    });
    return { authenticator, answer, challengeId: started.body.challenge_id as string, credential };
  }

  async function start() {
    const { status, body } = await server.ask(START, { json: {} });
    expect(status).toBe(200);
    return body;
  }

  const finish = (challengeId: string, credential: unknown) =>
    server.ask(FINISH, { json: { challenge_id: challengeId, credential } });

  async function signIn(authenticator: PasskeyAuthenticator, wrong: Wrong = {}) {
    const { challenge_id, options } = await start();
    return finish(challenge_id, authenticator.get(options, wrong));
  }

  async function personWithPasskey(options = { isSynced: false }) {
    const person = await server.newPerson();
    const { authenticator, answer } = await register(
      person.accessToken,
      createPasskeyAuthenticator(ORIGIN, options),
    );
    expect(answer.status).toBe(200);
    return { ...person, authenticator, passkeyId: answer.body.id as string };
  }

  const sessionsOf = (id: string) => server.rows('select id from auth.sessions where user_id = $1', [id]);

  describe('by an unmodified supabase-js', () => {
    test('are registered, used to sign in, listed, renamed and removed', async () => {
      const person = await server.newPerson();
      const client = await signedIn(person);
      const authenticator = createPasskeyAuthenticator(ORIGIN);

      const creation = await client.auth.passkey.startRegistration();
      expect(creation.data!.options).toMatchObject({
        rp: { id: 'example.com', name: 'Example' },
        user: { name: person.email, displayName: person.email },
        attestation: 'none',
        authenticatorSelection: {
          residentKey: 'required',
          requireResidentKey: true,
          userVerification: 'required',
        },
        excludeCredentials: [],
      });
      expect(Buffer.from(creation.data!.options.user.id, 'base64url').toString()).toBe(person.id);
      const made = await client.auth.passkey.verifyRegistration({
        challengeId: creation.data!.challenge_id,
        credential: authenticator.create(creation.data!.options),
      });
      expect(made).toMatchObject({
        error: null,
        data: { id: expect.any(String), created_at: expect.any(String) },
      });

      const stranger = server.supabase();
      const request = await stranger.auth.passkey.startAuthentication();
      expect(request.data!.options).toMatchObject({ rpId: 'example.com', userVerification: 'required' });
      expect(request.data!.options.allowCredentials ?? []).toEqual([]);
      const now = server.clock.now().getTime() / 1000;
      expect(Math.abs(request.data!.expires_at - now - 300)).toBeLessThan(2);
      const { data, error } = await stranger.auth.passkey.verifyAuthentication({
        challengeId: request.data!.challenge_id,
        credential: authenticator.get(request.data!.options),
      });
      expect(error).toBeNull();
      expect(data!.user!.id).toBe(person.id);
      expect(claimsOf(data!.session!.access_token)).toMatchObject({
        sub: person.id,
        aal: 'aal1',
        amr: [{ method: 'passkey', timestamp: expect.any(Number) }],
      });
      expect((await stranger.auth.getUser()).data.user!.id).toBe(person.id);

      const list = await client.auth.passkey.list();
      expect(list.data).toEqual([
        expect.objectContaining({ id: made.data!.id, last_used_at: expect.any(String) }),
      ]);
      const passkeyId = made.data!.id;
      const renamed = await client.auth.passkey.update({ passkeyId, friendlyName: 'Laptop' });
      expect(renamed.data).toMatchObject({ id: passkeyId, friendly_name: 'Laptop' });
      expect(await client.auth.passkey.delete({ passkeyId })).toEqual({ data: null, error: null });
      expect((await client.auth.passkey.list()).data).toEqual([]);
      expect((await signIn(authenticator)).body.code).toBe('webauthn_verification_failed');
    });

    test('an administrator lists and removes them, and nobody else does', async () => {
      const { id, email, passkeyId, accessToken } = await personWithPasskey();
      const admin = server.supabase(server.serviceKey).auth.admin.passkey;
      expect((await admin.listPasskeys({ userId: id })).data).toEqual([
        expect.objectContaining({ id: passkeyId }),
      ]);
      for (const method of ['GET', 'DELETE']) {
        const path = `/admin/users/${id}/passkeys${method === 'DELETE' ? `/${passkeyId}` : ''}`;
        expect((await server.ask(path, { method, token: accessToken })).body.code).toBe('not_admin');
      }
      expect(await admin.deletePasskey({ userId: id, passkeyId })).toEqual({ data: null, error: null });
      expect((await admin.listPasskeys({ userId: id })).data).toEqual([]);
      expect((await server.messagesTo(email))[0]!.template).toBe('passkey-removed');
      const again = await admin.deletePasskey({ userId: id, passkeyId });
      expect(again.error).toMatchObject({ status: 404, code: 'webauthn_credential_not_found' });
    });
  });

  describe('registering', () => {
    test('tells the person by mail, and keeps the key as Supabase Auth does', async () => {
      const { id, email, authenticator } = await personWithPasskey();
      expect(await server.messagesTo(email)).toMatchObject([
        { template: 'passkey-added', code: null, link: null },
      ]);
      const rows = await server.rows('select * from auth.webauthn_credentials where user_id = $1', [id]);
      expect(rows).toMatchObject([
        {
          attestation_type: 'none',
          sign_count: 0,
          transports: ['internal', 'hybrid'],
          backup_eligible: false,
          backed_up: false,
          friendly_name: '',
          last_used_at: null,
        },
      ]);
      expect(Buffer.from(rows[0]!.credential_id as Uint8Array).toString('base64url')).toBe(authenticator.id);
    });

    test.each<[string, Wrong]>([
      ['from another page', { origin: 'https://app.example.com.evil.test' }],
      ['from a neighbouring page of the same domain', { origin: 'https://blog.example.com' }],
      ['from a page without TLS', { origin: 'http://app.example.com' }],
      ['from our page inside another', { crossOrigin: true }],
      ['for another domain', { rpId: 'evil.test' }],
      ['for another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
      ['without the user verified', { isUserVerified: false }],
      ['without anybody present', { isUserPresent: false }],
      ['that was an assertion', { type: 'webauthn.get' }],
    ])('refuses a passkey %s', async (_what, wrong) => {
      const person = await server.newPerson();
      const { answer } = await register(person.accessToken, createPasskeyAuthenticator(ORIGIN), wrong);
      expect(answer).toMatchObject({ status: 400, body: { code: 'webauthn_verification_failed' } });
      expect(
        await server.rows('select 1 from auth.webauthn_credentials where user_id = $1', [person.id]),
      ).toEqual([]);
    });

    test('does not read a statement about the authenticator that nobody asked for', async () => {
      const person = await server.newPerson();
      // Verified, it would be refused: there is no signature in it.
      const attestation = { fmt: 'packed', attStmt: new Map([['alg', -7]]) };
      const { answer } = await register(person.accessToken, createPasskeyAuthenticator(ORIGIN), {
        attestation,
      });
      expect(answer.status).toBe(200);
    });

    test.each([
      ['null', null],
      ['a text', 'credential'],
      ['an empty object', {}],
      [
        'numbers for texts',
        { id: 1, rawId: 1, type: 'public-key', response: { clientDataJSON: 1, attestationObject: 1 } },
      ],
      [
        'client data of null',
        { ...envelope, response: { clientDataJSON: json(null), attestationObject: 'oA' } },
      ],
      [
        'client data that are no JSON',
        { ...envelope, response: { clientDataJSON: 'AAAA', attestationObject: 'oA' } },
      ],
      [
        'an empty map of CBOR',
        { ...envelope, response: { clientDataJSON: json({ origin: ORIGIN }), attestationObject: 'oA' } },
      ],
      [
        'CBOR nested without end',
        {
          ...envelope,
          response: { clientDataJSON: json({ origin: ORIGIN }), attestationObject: 'g'.repeat(30_000) },
        },
      ],
    ])('refuses %s as a credential, without an accident', async (_what, credential) => {
      const { accessToken: token } = await server.newPerson();
      const { body } = await server.ask('/passkeys/registration/options', { token, json: {} });
      const answer = await server.ask('/passkeys/registration/verify', {
        token,
        json: { challenge_id: body.challenge_id, credential },
      });
      expect(answer).toMatchObject({ status: 400, body: { code: 'webauthn_verification_failed' } });
    });

    test('takes a challenge once, only from whom it was for, and only for what it was for', async () => {
      const [ada, grace] = [await server.newPerson(), await server.newPerson()];
      const authenticator = createPasskeyAuthenticator(ORIGIN);
      const { body } = await server.ask('/passkeys/registration/options', {
        token: ada.accessToken,
        json: {},
      });
      const credential = authenticator.create(body.options);
      const json = { challenge_id: body.challenge_id, credential };
      const verify = (token: string) => server.ask('/passkeys/registration/verify', { token, json });
      const notFound = { status: 400, body: { code: 'webauthn_challenge_not_found' } };
      expect(await verify(grace.accessToken)).toMatchObject(notFound);
      expect(await finish(body.challenge_id, credential)).toMatchObject(notFound);
      expect(await verify(ada.accessToken)).toMatchObject({ status: 200 });
      expect(await verify(ada.accessToken)).toMatchObject(notFound);

      const signIn = await start();
      const forSignIn = { challenge_id: signIn.challenge_id, credential };
      const answer = await server.ask('/passkeys/registration/verify', {
        token: ada.accessToken,
        json: forSignIn,
      });
      expect(answer).toMatchObject(notFound);
    });

    test('refuses a credential that anybody has already', async () => {
      const { authenticator, accessToken } = await personWithPasskey();
      const other = await server.newPerson();
      for (const token of [accessToken, other.accessToken]) {
        const { body } = await server.ask('/passkeys/registration/options', { token, json: {} });
        const excluded = body.options.excludeCredentials.map(({ id }: { id: string }) => id);
        expect(excluded).toEqual(token === accessToken ? [authenticator.id] : []);
        const credential = createPasskeyAuthenticator(ORIGIN).create(body.options, {
          credentialId: authenticator.id!,
        });
        const answer = await server.ask('/passkeys/registration/verify', {
          token,
          json: { challenge_id: body.challenge_id, credential },
        });
        expect(answer).toMatchObject({ status: 422, body: { code: 'webauthn_credential_exists' } });
      }
    });

    test('stops at ten, also when several come at once', async () => {
      const person = await server.newPerson();
      const challenges = await Promise.all(
        Array.from({ length: 12 }, () =>
          server.ask('/passkeys/registration/options', { token: person.accessToken, json: {} }),
        ),
      );
      const answers = await Promise.all(
        challenges.map(({ body }) =>
          server.ask('/passkeys/registration/verify', {
            token: person.accessToken,
            json: {
              challenge_id: body.challenge_id,
              credential: createPasskeyAuthenticator(ORIGIN).create(body.options),
            },
          }),
        ),
      );
      const codes = answers.map(({ status, body }) => (status === 200 ? 'made' : body.code));
      expect(codes.filter((code) => code === 'made')).toHaveLength(10);
      expect(codes.filter((code) => code === 'too_many_passkeys')).toHaveLength(2);
      const next = await server.ask('/passkeys/registration/options', {
        token: person.accessToken,
        json: {},
      });
      expect(next).toMatchObject({ status: 422, body: { code: 'too_many_passkeys' } });
    });

    test('asks whoever has a second factor to have shown it, for removing too', async () => {
      const { id, email, accessToken, passkeyId } = await personWithPasskey();
      const { body } = await server.ask('/passkeys/registration/options', { token: accessToken, json: {} });
      await server.rows(
        `insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at, updated_at, secret)
         values (gen_random_uuid(), $1, '', 'totp', 'verified', now(), now(), 'GEZDGNBVGY3TQOJQ')`,
        [id],
      );
      const insufficient = { status: 403, body: { code: 'insufficient_aal' } };
      const token = accessToken;
      expect(await server.ask('/passkeys/registration/options', { token, json: {} })).toMatchObject(
        insufficient,
      );
      // Begun before there was a factor.
      const credential = createPasskeyAuthenticator(ORIGIN).create(body.options);
      const json = { challenge_id: body.challenge_id, credential };
      expect(await server.ask('/passkeys/registration/verify', { token, json })).toMatchObject(insufficient);
      expect(await server.ask(`/passkeys/${passkeyId}`, { method: 'DELETE', token })).toMatchObject(
        insufficient,
      );
      expect(await server.messagesTo(email)).toHaveLength(1);
    });

    test.each(['is_anonymous', 'is_sso_user'])('is not for somebody who %s', async (column) => {
      const { id, accessToken: token } = await server.newPerson();
      await server.rows(`update auth.users set ${column} = true where id = $1`, [id]);
      const { body } = await server.ask('/passkeys/registration/options', { token, json: {} });
      expect(body.code).toBe(column === 'is_anonymous' ? 'no_authorization' : 'user_sso_managed');
    });

    test.each(['/passkeys/registration/options', '/passkeys/registration/verify', '/passkeys'])(
      '%s asks for a signed-in person',
      async (path) => {
        const method = path === '/passkeys' ? 'GET' : 'POST';
        expect((await server.ask(path, { method })).body.code).toBe('no_authorization');
        expect((await server.ask(path, { method, token: server.serviceKey })).status).toBe(403);
      },
    );
  });

  describe('signing in', () => {
    test.each<[string, Wrong]>([
      ['on another page', { origin: 'https://app.example.com.evil.test' }],
      ['on our page inside another', { crossOrigin: true }],
      ['for another domain', { rpId: 'evil.test' }],
      ['for another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
      ['without the user verified', { isUserVerified: false }],
      ['without anybody present', { isUserPresent: false }],
      ['that was a registration', { type: 'webauthn.create' }],
      ['by another key', { hasOtherKey: true }],
      [
        'in the name of somebody else',
        { userHandle: Buffer.from(crypto.randomUUID()).toString('base64url') },
      ],
      ['by a key that can suddenly be copied', { isBackupEligible: true }],
    ])('refuses a signature %s', async (_what, wrong) => {
      const { id, authenticator } = await personWithPasskey();
      const answer = await signIn(authenticator, wrong);
      expect(answer).toMatchObject({ status: 400, body: { code: 'webauthn_verification_failed' } });
      expect(await sessionsOf(id)).toHaveLength(1);
    });

    test('says the same, after the same statements, of a passkey that nobody has', async () => {
      const { authenticator } = await personWithPasskey();
      const unknown = createPasskeyAuthenticator(ORIGIN);
      unknown.create({ challenge: 'AA', rp: { id: 'example.com' }, user: { id: 'AA' } });
      const outcomes = [];
      for (const [who, wrong] of [
        [authenticator, { hasOtherKey: true }],
        [unknown, {}],
      ] as const) {
        const { challenge_id, options } = await start();
        let answer: Awaited<ReturnType<typeof finish>> | undefined;
        const statements = await server.statementsDuring(async () => {
          answer = await finish(challenge_id, who.get(options, wrong));
        });
        outcomes.push({ status: answer!.status, body: answer!.body, statements });
      }
      expect(outcomes[0]).toMatchObject({ status: 400, body: { code: 'webauthn_verification_failed' } });
      expect(outcomes[1]).toEqual(outcomes[0]);
    });

    test('takes a challenge once, though fifty present the same answer at the same moment', async () => {
      const { id, authenticator } = await personWithPasskey();
      const { challenge_id, options } = await start();
      const credential = authenticator.get(options);
      const answers = await Promise.all(Array.from({ length: 50 }, () => finish(challenge_id, credential)));
      const codes = answers.map(({ status, body }) => (status === 200 ? 'session' : body.code));
      expect(codes.filter((code) => code === 'session')).toHaveLength(1);
      expect(codes.filter((code) => code === 'webauthn_challenge_not_found')).toHaveLength(49);
      expect(await sessionsOf(id)).toHaveLength(2);
    });

    test('spends the challenge on a wrong answer too, and refuses an answer to another one', async () => {
      const { authenticator } = await personWithPasskey();
      const [first, second] = [await start(), await start()];
      const crossed = await finish(first.challenge_id, authenticator.get(second.options));
      expect(crossed.body.code).toBe('webauthn_verification_failed');
      const late = await finish(first.challenge_id, authenticator.get(first.options));
      expect(late.body.code).toBe('webauthn_challenge_not_found');
    });

    test('refuses a challenge that is over, and sweeps out those long over', async () => {
      const { authenticator } = await personWithPasskey();
      const { challenge_id, options } = await start();
      const forgotten = await start();
      server.clock.advance(301);
      const answer = await finish(challenge_id, authenticator.get(options));
      expect(answer).toMatchObject({ status: 400, body: { code: 'webauthn_challenge_expired' } });
      server.clock.advance(3601);
      await start();
      const old = await server.rows('select id from auth.webauthn_challenges where id = $1', [
        forgotten.challenge_id,
      ]);
      expect(old).toEqual([]);
    });

    test('finds out a copied key by its counter, and says so in the log', async () => {
      const { id, authenticator } = await personWithPasskey();
      const copy = authenticator.copy();
      expect((await signIn(authenticator)).status).toBe(200);
      expect((await signIn(authenticator)).status).toBe(200);
      const logged: string[] = [];
      const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) });
      const { challenge_id, options } = await start();
      const answer = await server
        .withNeeds({ log })
        .ask(FINISH, { json: { challenge_id, credential: copy.get(options) } });
      expect(answer).toMatchObject({ status: 400, body: { code: 'webauthn_verification_failed' } });
      expect(await sessionsOf(id)).toHaveLength(3);
      expect(logged).toEqual([expect.stringContaining('may have been copied')]);
      expect((await signIn(authenticator)).status).toBe(200);
    });

    test('lets one in of two copies that count the same at the same moment', async () => {
      const { id, authenticator } = await personWithPasskey();
      const [first, second] = [await start(), await start()];
      const copy = authenticator.copy();
      const answers = await Promise.all([
        finish(first.challenge_id, authenticator.get(first.options)),
        finish(second.challenge_id, copy.get(second.options)),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
      expect(await sessionsOf(id)).toHaveLength(2);
    });

    test('takes a counter that stays at nought, as a password manager’s, and notes that the key is backed up', async () => {
      const { id, authenticator } = await personWithPasskey({ isSynced: true });
      expect((await signIn(authenticator)).status).toBe(200);
      expect((await signIn(authenticator)).status).toBe(200);
      const [row] = await server.rows('select * from auth.webauthn_credentials where user_id = $1', [id]);
      expect(row).toMatchObject({
        sign_count: 0,
        backup_eligible: true,
        backed_up: true,
        last_used_at: expect.any(Date),
      });
    });

    test('tells whoever has the key, and nobody else, of a ban and of an address still to be confirmed', async () => {
      const { id, authenticator } = await personWithPasskey();
      const setBack = async (column: string, value: Date | null) =>
        server.rows(`update auth.users set ${column} = $2 where id = $1`, [id, value]);
      await setBack('banned_until', new Date(server.clock.now().getTime() + 60_000));
      expect(await signIn(authenticator)).toMatchObject({ status: 403, body: { code: 'user_banned' } });
      expect((await signIn(authenticator, { hasOtherKey: true })).body.code).toBe(
        'webauthn_verification_failed',
      );
      await setBack('banned_until', null);
      await setBack('email_confirmed_at', null);
      expect(await signIn(authenticator)).toMatchObject({
        status: 403,
        body: { code: 'email_not_confirmed' },
      });
      expect(await sessionsOf(id)).toHaveLength(1);
    });

    test.each([true, false])('is over with the account (row kept: %s)', async (isSoft) => {
      const { id, authenticator } = await personWithPasskey();
      await server.supabase(server.serviceKey).auth.admin.deleteUser(id, isSoft);
      expect((await signIn(authenticator)).body.code).toBe('webauthn_verification_failed');
      expect(await server.rows('select 1 from auth.webauthn_credentials where user_id = $1', [id])).toEqual(
        [],
      );
    });

    test('costs one statement to begin and four to finish', async () => {
      const { authenticator } = await personWithPasskey();
      const counts: number[] = [];
      const count = async (work: () => Promise<unknown>) => {
        const statements = await server.statementsDuring(work);
        counts.push(statements.filter((sql) => !/^\s*(begin|commit|rollback)/i.test(sql)).length);
      };
      let started: Awaited<ReturnType<typeof start>> | undefined;
      await count(async () => {
        started = await start();
      });
      await count(() => finish(started!.challenge_id, authenticator.get(started!.options)));
      expect(counts).toEqual([1, 4]);
    });
  });

  describe('somebody’s own', () => {
    test('are nobody else’s to see, rename or remove', async () => {
      const [ada, grace] = [await personWithPasskey(), await server.newPerson()];
      const token = grace.accessToken;
      expect((await server.ask('/passkeys', { token })).body).toEqual([]);
      const path = `/passkeys/${ada.passkeyId}`;
      const notFound = { status: 404, body: { code: 'webauthn_credential_not_found' } };
      expect(await server.ask(path, { method: 'PATCH', token, json: { friendly_name: 'x' } })).toMatchObject(
        notFound,
      );
      expect(await server.ask(path, { method: 'DELETE', token })).toMatchObject(notFound);
      expect(await server.ask('/passkeys/x', { method: 'DELETE', token })).toMatchObject(notFound);
      expect((await signIn(ada.authenticator)).status).toBe(200);
    });

    test.each(['', 'x'.repeat(121), 7, null])('cannot be called %j', async (name) => {
      const { accessToken: token, passkeyId } = await personWithPasskey();
      const answer = await server.ask(`/passkeys/${passkeyId}`, {
        method: 'PATCH',
        token,
        json: { friendly_name: name },
      });
      expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    });
  });

  test('are not there where they are off, and /settings says whether they are', async () => {
    const { accessToken: token, id } = await server.newPerson();
    const off = server.withSettings({ passkeys: null });
    const paths: [string, string, string?][] = [
      ['POST', START],
      ['POST', FINISH],
      ['POST', '/passkeys/registration/options', token],
      ['POST', '/passkeys/registration/verify', token],
      ['GET', '/passkeys', token],
      ['PATCH', `/passkeys/${id}`, token],
      ['DELETE', `/passkeys/${id}`, token],
      ['GET', `/admin/users/${id}/passkeys`, server.serviceKey],
      ['DELETE', `/admin/users/${id}/passkeys/${id}`, server.serviceKey],
    ];
    for (const [method, path, bearer] of paths) {
      const answer = await off.ask(path, {
        method,
        ...(bearer && { token: bearer }),
        ...(method !== 'GET' && { json: {} }),
      });
      expect(answer, path).toMatchObject({ status: 404, body: { code: 'passkey_disabled' } });
    }
    expect((await off.ask('/settings')).body.passkeys_enabled).toBe(false);
    expect((await server.ask('/settings')).body.passkeys_enabled).toBe(true);
  });
});

test('attempts are limited by address: thirty in five minutes', async () => {
  const limited = await openAuthServer('PGlite', { limited: true });
  onTestFinished(() => limited.close());
  for (let count = 0; count < 30; count++) expect((await limited.ask(START, { json: {} })).status).toBe(200);
  const answer = await limited.ask(FINISH, { json: {} });
  expect(answer).toMatchObject({ status: 429, body: { code: 'over_request_rate_limit' } });
  expect((await limited.ask(START, { json: {}, caller: { address: '192.0.2.8' } })).status).toBe(200);
});
