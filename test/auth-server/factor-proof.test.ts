/** `SECURITY_FACTORS_REQUIRE_REAUTHENTICATION`: the protocol has no word for a proof, so a sign-in of the last 15 minutes is one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf } from '../support/authenticator.ts';
import { DATABASES, openAuthServer, PASSWORD, type TestServer } from './support.ts';

const LATER_SECONDS = 14 * 60 + 55;

describe.each(DATABASES)('where factors ask for more than a session, on %s', (kind) => {
  let app: TestServer;
  beforeAll(async () => {
    app = await openAuthServer(kind, { settings: { factorsNeedProof: true, accessTokenTtlSeconds: 7200 } });
  });
  afterAll(() => app.close());

  async function enrol(token: string, name: string, headers: Record<string, string> = {}) {
    const json = { factor_type: 'totp', friendly_name: name };
    return (await app.ask('/factors', { token, json, headers })).body;
  }

  test('an old one changes none, and a fresh one does, as supabase-js asks for it', async () => {
    const ada = await app.newPerson();
    const begun = await enrol(ada.accessToken, 'phone');
    app.clock.advance(LATER_SECONDS + 10);
    const token = ada.accessToken;
    const refusal = { status: 400, body: { code: 'reauthentication_needed' } };
    expect(await enrol(token, 'mine')).toMatchObject(refusal.body);
    expect(await app.ask('/passkeys/registration/options', { token, method: 'POST' })).toMatchObject(refusal);
    const passkey = `/passkeys/${crypto.randomUUID()}`;
    expect(await app.ask(passkey, { token, method: 'DELETE' })).toMatchObject(refusal);
    // What was only begun protects nobody yet.
    expect((await app.ask(`/factors/${begun.id}`, { token, method: 'DELETE' })).status).toBe(200);
    expect((await app.ask(`/factors/${begun.id}`, { token, method: 'DELETE' })).body).toMatchObject(
      refusal.body,
    );
    const fresh = (await app.signIn(ada.email)).body.access_token as string;
    expect(await enrol(fresh, 'mine')).toHaveProperty('totp');
  });

  test('a factor that was shown long ago takes itself away no more, and gives no codes', async () => {
    const ada = await app.newPerson();
    const { id, totp } = await enrol(ada.accessToken, 'phone');
    const show = async (token: string) => {
      const challenge = await app.ask(`/factors/${id}/challenge`, { token, method: 'POST' });
      const code = codeOf(totp.secret, app.clock.now());
      const json = { challenge_id: challenge.body.id, code };
      return (await app.ask(`/factors/${id}/verify`, { token, json })).body.access_token as string;
    };
    const old = await show(ada.accessToken);
    app.clock.advance(LATER_SECONDS + 10);
    const attempts = (token: string) => [
      app.ask('/factors/recovery-codes', { token, method: 'POST' }),
      app.ask('/factors/recovery-codes', { token, method: 'DELETE' }),
      app.ask(`/factors/${id}`, { token, method: 'DELETE' }),
    ];
    for (const attempt of attempts(old)) {
      expect(await attempt).toMatchObject({ status: 400, body: { code: 'reauthentication_needed' } });
    }
    const proof = { 'limen-proof': `password ${encodeURIComponent(PASSWORD)}` };
    expect(await enrol(old, 'tablet', proof)).toHaveProperty('totp');
    const now = await show(old);
    const made = await app.ask('/factors/recovery-codes', { token: now, method: 'POST' });
    expect(made.body.codes).toHaveLength(10);
    // With the codes still there, the last app stays: that is the protocol.
    expect((await app.ask('/factors/recovery-codes', { token: now, method: 'DELETE' })).status).toBe(200);
    expect((await app.ask(`/factors/${id}`, { token: now, method: 'DELETE' })).status).toBe(200);
  });
});
