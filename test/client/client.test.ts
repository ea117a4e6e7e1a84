import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  type ErrorCode,
  LimenClientError,
  MeWithRecordDocument,
  type Session,
  type SessionEvent,
  UserDocument,
  ViewerDocument,
} from '../../src/client/client.ts';
import { createMemoryStorage } from '../../src/client/session-storage.ts';
import { PASSWORD } from '../support/app.ts';
import { createClientTestApp } from './client-test-app.ts';

describe('signup and login', () => {
  test('sign the person in, keep the session and tell listeners', async () => {
    const app = await createClientTestApp();
    const told: [SessionEvent, string | undefined][] = [];
    const client = app.client({ onSessionChange: (event, session) => told.push([event, session?.user.id]) });
    expect(await client.me()).toBeNull();

    const result = await client.signup({
      email: 'ada@example.com',
      password: PASSWORD,
      profile: { displayName: 'Ada' },
    });
    expect(result).toMatchObject({ __typename: 'AuthSession', user: { displayName: 'Ada' } });
    expect(await client.getSession()).toEqual(result);
    const me = await client.me();
    expect(me?.email).toBe('ada@example.com');
    expect(told).toEqual([['SIGNED_IN', me?.id]]);
  });

  test('answer what stands in the way as a result that narrows, and leave nobody signed in', async () => {
    const app = await createClientTestApp();
    const { email } = await app.signUp('ada');
    const client = app.client();
    const result = await client.login({ email, password: 'not the password' });
    expect(result).toMatchObject({ __typename: 'InvalidCredentialsError', code: 'INVALID_CREDENTIALS' });
    if (result.__typename === 'AuthSession') expectTypeOf(result).toEqualTypeOf<Session>();
    else if ('code' in result) expectTypeOf(result.code).toEqualTypeOf<ErrorCode>();
    if (result.__typename === 'RateLimitedError') expectTypeOf(result.retryAfterSeconds).toBeNumber();

    const signup = await client.signup({ email: 'not an address', password: 'short' });
    expect(signup.__typename).toBe('ValidationError');
    if (signup.__typename === 'ValidationError') {
      expectTypeOf(signup.issues[0]!.path).toEqualTypeOf<string[]>();
      expect(signup.issues.map(({ path }) => path)).toContainEqual(['email']);
    }
    if (signup.__typename === 'EmailConfirmationSent') expectTypeOf(signup).not.toHaveProperty('accessToken');
    expect(await client.getSession()).toBeNull();
    expect(client.events).toEqual([]);
  });

  test('succeed though an earlier session has expired', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada');
    const grace = await app.signUp('grace');
    app.clock.advance(3600);
    await client.login({ email: grace.email, password: PASSWORD });
    expect(client.sent).toEqual(['Login']);
    expect((await client.me())?.id).toBe(grace.id);
  });
});

describe('logout', () => {
  test('ends the session here and on the server', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada');
    const { refreshToken } = (await client.getSession())!;
    expect(await client.logout()).toEqual({ __typename: 'LoggedOut', scope: 'LOCAL' });
    expect(client.events).toEqual(['SIGNED_OUT']);
    expect(await client.getSession()).toBeNull();
    expect(await client.me()).toBeNull();
    const { data } = await app.graphql(
      'mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { __typename } }',
      { input: { refreshToken } },
    );
    expect(data.refreshSession.__typename).toBe('InvalidRefreshTokenError');
  });

  test('of the other sessions keeps this one', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada');
    const other = app.client();
    await other.login({ email: (await client.me())!.email!, password: PASSWORD });
    expect(await client.logout({ scope: 'OTHERS' })).toEqual({ __typename: 'LoggedOut', scope: 'OTHERS' });
    expect((await client.me())?.email).toBeTruthy();
    expect(client.events).toEqual([]);
    await expect(other.me()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(other.events).toEqual(['SIGNED_IN', 'SIGNED_OUT']);
  });

  test('leaves somebody else alone who signed in meanwhile', async () => {
    const app = await createClientTestApp();
    const grace = await app.signUp('grace');
    const storage = createMemoryStorage();
    const client = await app.signedIn('ada', {
      storage,
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        if (String(init?.body).includes('mutation Logout')) {
          await app.client({ storage }).login({ email: grace.email, password: PASSWORD });
        }
        return response;
      },
    });
    expect((await client.logout()).__typename).toBe('LoggedOut');
    expect((await client.getSession())?.user.id).toBe(grace.id);
  });

  test('of a session that is over already is no error, and tells listeners once', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada');
    await app.database.query('delete from auth.sessions');
    app.clock.advance(3600);
    expect(await client.logout()).toEqual({ __typename: 'LoggedOut', scope: 'LOCAL' });
    expect(client.events).toEqual(['SIGNED_OUT']);
    expect(await client.getSession()).toBeNull();
  });
});

describe('changes to the person', () => {
  test('by updateProfile are in the session that is kept', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada');
    const before = await client.getSession();
    const result = await client.updateProfile({ displayName: 'Countess', preferences: { theme: 'dark' } });
    expect(result).toMatchObject({ __typename: 'User', displayName: 'Countess' });
    expect(await client.getSession()).toEqual({ ...before, user: result });
    expect(client.events).toEqual(['USER_UPDATED']);
  });

  test('that are refused change nothing', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada');
    const result = await client.updateProfile({ avatarUrl: 'javascript:alert(1)' });
    expect(result).toMatchObject({ __typename: 'ValidationError', issues: [{ path: ['avatarUrl'] }] });
    expect(client.events).toEqual([]);
  });

  test('by changePassword leave this session alive and end the others', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada');
    const other = app.client();
    await other.login({ email: (await client.me())!.email!, password: PASSWORD });
    const wrong = await client.changePassword({ currentPassword: 'wrong', newPassword: `${PASSWORD} 2` });
    expect(wrong.__typename).toBe('InvalidCredentialsError');
    const right = await client.changePassword({ currentPassword: PASSWORD, newPassword: `${PASSWORD} 2` });
    expect(right.__typename).toBe('PasswordChanged');
    expect(await client.me()).not.toBeNull();
    await expect(other.me()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test("by setUserRoles are kept when they are the viewer's own, and only then", async () => {
    const app = await createClientTestApp();
    const { email } = await app.signUpWith('root', { roles: ['admin'] });
    const { id } = await app.signUp('ada');
    const client = app.client();
    await client.login({ email, password: PASSWORD });
    expect(await client.setUserRoles({ userId: id, roles: ['editor'] })).toMatchObject({ roles: ['editor'] });
    expect((await client.getSession())?.user.roles).toEqual(['admin']);
    expect(await client.user(id)).toMatchObject({ roles: ['editor'], emailVerified: true });

    const own = (await client.getSession())!.user.id;
    await client.setUserRoles({ userId: own, roles: ['admin', 'editor'] });
    expect((await client.getSession())?.user.roles).toEqual(['admin', 'editor']);
    expect(client.events).toEqual(['SIGNED_IN', 'USER_UPDATED']);
  });
});

describe('request', () => {
  test('sends any typed document', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada');
    const { me } = await client.request(MeWithRecordDocument);
    expectTypeOf(me!.createdAt).toBeString();
    expect(new Date(me!.createdAt).getTime()).toBeGreaterThan(0);
    const { viewer } = await client.request(ViewerDocument, {});
    expect(viewer).toMatchObject({ kind: 'PERSON', user: { id: me!.id }, assuranceLevel: 'AAL1' });
    // @ts-expect-error the id is missing
    await expect(client.request(UserDocument)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', status: 400 });
  });

  test('rejects with the code, the status and the request id of a refusal', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada');
    const error = await client.user('8f14e45f-ceea-467f-a0e6-1f0f6d6b1f3a').catch((error: unknown) => error);
    expect(error).toBeInstanceOf(LimenClientError);
    expect(error).toMatchObject({
      code: 'FORBIDDEN',
      status: 200,
      requestId: expect.stringMatching(/\w{8}-/),
      reason: null,
      extensions: { permission: 'users:read' },
    });
    await expect(app.client().updateProfile({})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('tells an address where no GraphQL is spoken from one where nobody answers', async () => {
    const app = await createClientTestApp();
    const lost = app.client({ url: app.url.replace('/graphql', '/health') });
    await expect(lost.me()).rejects.toMatchObject({
      code: 'INVALID_ANSWER',
      status: 404,
      requestId: expect.any(String),
    });
    await app.goAway();
    await expect(app.client().me()).rejects.toMatchObject({
      code: 'NETWORK_ERROR',
      status: null,
      requestId: null,
    });
  });

  test('puts no secret into an error', async () => {
    const app = await createClientTestApp();
    const client = app.client();
    const number = 8_675_309_000;
    const errors = [
      await client.login({ email: 'ada@example.com', password: number as never }).catch((error) => error),
      await client.login({ email: 'ada@example.com', secret: 'opensesame' } as never).catch((error) => error),
    ];
    await app.goAway();
    errors.push(
      await client.login({ email: 'ada@example.com', password: 'opensesame' }).catch((error) => error),
    );
    expect(errors.map(({ code }) => code)).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT', 'NETWORK_ERROR']);
    for (const error of errors) {
      const text = `${error.stack} ${JSON.stringify(error)} ${error.cause?.stack}`;
      expect(text).not.toContain('opensesame');
      expect(text).not.toContain(String(number));
    }
  });
});

test('a listener that throws stops neither the call nor the other listeners', async () => {
  const app = await createClientTestApp();
  const client = app.client();
  const uncaught = new Promise((resolve) => {
    const others = process.rawListeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => {
      for (const other of others) process.on('uncaughtException', other as never);
      resolve(error);
    });
  });
  const stop = client.onSessionChange(() => {
    throw new Error('in the listener');
  });
  const told: SessionEvent[] = [];
  client.onSessionChange((event) => told.push(event));
  const result = await client.signup({ email: 'ada@example.com', password: PASSWORD });
  expect(result.__typename).toBe('AuthSession');
  expect(told).toEqual(['SIGNED_IN']);
  expect(await uncaught).toMatchObject({ message: 'in the listener' });
  stop();
  await client.logout();
  expect(told).toEqual(['SIGNED_IN', 'SIGNED_OUT']);
});
