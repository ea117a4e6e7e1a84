import { describe, expect, test } from 'vitest';
import { PERMISSIONS } from '../../src/identity/permission.ts';
import { createTestApp } from '../support/app.ts';

const ALL_FROM_TOKEN = `{
  me { id email displayName fullName firstName lastName avatarUrl locale timezone preferences metadata roles permissions tier
       onboarding { completed industry jobTitle emailConsent } }
  viewer { kind roles permissions tier scopes assuranceLevel sessionId serviceId user { id } }
}`;

describe('me', () => {
  test('is null when nobody is signed in', async () => {
    const app = await createTestApp();
    const { data } = await app.graphql('{ me { id } viewer { kind roles scopes user { id } } }');
    expect(data).toEqual({ me: null, viewer: { kind: 'ANONYMOUS', roles: [], scopes: [], user: null } });
  });

  test('is answered from the token alone, with no SQL statement', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const statements = await app.statementsDuring(async () => {
      const { data } = await ada(ALL_FROM_TOKEN);
      expect(data.me).toMatchObject({ id: ada.id, email: ada.email, roles: [], preferences: {} });
      expect(data.viewer).toMatchObject({ kind: 'PERSON', assuranceLevel: 'AAL1', sessionId: ada.sessionId });
    });
    expect(statements).toEqual([]);
  });

  test('costs one SQL statement for everything a token does not carry', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const statements = await app.statementsDuring(async () => {
      const { data } = await ada(
        '{ me { createdAt updatedAt lastSignInAt emailVerified } viewer { user { createdAt } } }',
      );
      expect(data.me.emailVerified).toBe(true);
      expect(new Date(data.me.createdAt).getTime()).toBeCloseTo(app.clock.now().getTime(), -4);
      expect(data.me.lastSignInAt).not.toBeNull();
    });
    expect(statements).toHaveLength(1);
  });

  test('shows roles from `role` and `roles`, permissions and tier, all from app_metadata', async () => {
    const app = await createTestApp();
    const ada = await app.signUpWith('ada', {
      role: 'editor',
      roles: ['editor', 'author', 7],
      permissions: ['posts:write'],
      tier: 'pro',
    });
    const { data } = await ada('{ me { roles permissions tier } }');
    expect(data.me).toEqual({ roles: ['editor', 'author'], permissions: ['posts:write'], tier: 'pro' });
  });

  test('tells the owner of the secret key that a service is asking', async () => {
    const app = await createTestApp();
    const { data } = await app.graphql(
      '{ me { id } viewer { kind serviceId scopes } }',
      {},
      { token: app.serviceKey },
    );
    expect(data).toEqual({
      me: null,
      viewer: {
        kind: 'SERVICE',
        serviceId: 'service_role',
        scopes: PERMISSIONS.filter((scope) => scope !== 'users:impersonate'),
      },
    });
  });

  test('is refused with a 401 when the token has expired', async () => {
    const app = await createTestApp({ env: { ACCESS_TOKEN_TTL: '60' } });
    const ada = await app.signUp('ada');
    app.clock.advance(61);
    const { status, data, errors } = await ada('{ me { id } }');
    expect(status).toBe(401);
    expect(data ?? null).toBeNull();
    expect(errors).toHaveLength(1);
    expect(errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
  });

  test.each(['nonsense', 'a.b.c', '', 'eyJhbGciOiJub25lIn0.e30.', `${'x'.repeat(20_000)}`])(
    'is refused with a 401, not taken for nobody, when the token is none (%#)',
    async (token) => {
      const app = await createTestApp();
      const { status, errors } = await app.graphql(
        '{ me { id } }',
        {},
        { headers: { authorization: `Bearer ${token}` } },
      );
      expect(status).toBe(401);
      expect(errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
    },
  );

  test('refuses every other spelling of a good token', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const [header, payload, signature] = ada.accessToken.split('.');
    const spellings = [
      `${ada.accessToken}=`,
      `${header}.${payload}=.${signature}`,
      `${header}. ${payload}.${signature}`,
      `${ada.accessToken}.`,
      `${header}.${payload}.${signature}A`,
    ];
    for (const token of spellings)
      expect((await app.graphql('{ me { id } }', {}, { token })).status).toBe(401);
  });
});

describe('user', () => {
  const USER = 'query ($id: ID!) { user(id: $id) { id email createdAt } }';

  test('is for administrators and services, in one SQL statement; null for an id nobody has', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const admin = await app.signUpWith('root', { roles: ['admin'] });
    // Whether they have a factor that they have not shown is looked up once.
    await admin(USER, { id: ada.id });
    const statements = await app.statementsDuring(async () => {
      expect((await admin(USER, { id: ada.id })).data.user).toMatchObject({ id: ada.id, email: ada.email });
    });
    expect(statements).toHaveLength(1);
    const asService = await app.graphql(USER, { id: ada.id }, { token: app.serviceKey });
    expect(asService.data.user.email).toBe(ada.email);
    for (const id of ['00000000-0000-4000-8000-000000000000', 'no-uuid', '', "' or 1=1 --"]) {
      const { data, errors } = await admin(USER, { id });
      expect({ data, errors }).toEqual({ data: { user: null }, errors: undefined });
    }
  });

  test('is forbidden to other people, and asks strangers to sign in', async () => {
    const app = await createTestApp();
    const [ada, grace] = [await app.signUp('ada'), await app.signUp('grace')];
    expect((await grace(USER, { id: ada.id })).errors?.[0].extensions.code).toBe('FORBIDDEN');
    expect((await app.graphql(USER, { id: ada.id })).errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
  });
});
