import { type GraphQLObjectType, getNamedType, isInputObjectType, isUnionType } from 'graphql';
import { describe, expect, test } from 'vitest';
import { schema } from '../../../src/schema/schema.ts';
import { createTestApp, PASSWORD, type TestApp } from '../../support/app.ts';

const SITE = 'https://app.example.com';
const NAME = '__Host-limen-refresh';
const WEEK = 7 * 86_400;

const OUTCOME = `__typename ... on AuthSession { accessToken refreshToken user { id email } } ... on UserError { code }`;
const LOG_IN = `mutation ($input: LoginInput!) { login(input: $input) { ${OUTCOME} } }`;
const SIGN_UP = `mutation ($input: SignupInput!) { signup(input: $input) { ${OUTCOME} } }`;
const REFRESH = `mutation ($input: RefreshSessionInput) { refreshSession(input: $input) { ${OUTCOME} } }`;
const LOG_OUT = `mutation ($input: LogoutInput) { logout(input: $input) { __typename } }`;

const from = (origin: string) => ({ origin, 'sec-fetch-site': 'cross-site' });

const appWithSite = (env: Record<string, string> = {}) =>
  createTestApp({ env: { CORS_ORIGINS: SITE, ...env } });

/** A tab of a browser that is on the site; tabs share a jar. */
function browse(app: TestApp, jar: { cookie: string | null } = { cookie: null }) {
  const ask = async (query: string, variables: object = {}, headers: Record<string, string> = {}) => {
    const answer = await app.graphql(query, variables as Record<string, unknown>, {
      headers: { ...from(SITE), ...(jar.cookie && { cookie: jar.cookie }), ...headers },
    });
    const set = answer.headers.get('set-cookie');
    if (set) jar.cookie = /Max-Age=0/.test(set) ? null : set.split(';')[0]!;
    return { ...answer, setCookie: set };
  };
  return { ask, jar };
}

async function signedIn(app: TestApp) {
  const { email } = await app.signUp('ada');
  const tab = browse(app);
  const { data } = await tab.ask(LOG_IN, { input: { email, password: PASSWORD, transport: 'COOKIE' } });
  return { ...tab, email, accessToken: data.login.accessToken as string, id: data.login.user.id as string };
}

const sessions = (app: TestApp) => app.database.query('select id, refresh_token_counter from auth.sessions');

describe('a session in a cookie', () => {
  test('keeps the refresh token from scripts and other hosts, for as long as it lives', async () => {
    const app = await appWithSite();
    const { email } = await app.signUp('ada');
    const { data, setCookie } = await browse(app).ask(LOG_IN, {
      input: { email, password: PASSWORD, transport: 'COOKIE' },
    });
    expect(data.login).toMatchObject({ __typename: 'AuthSession', refreshToken: null, user: { email } });
    const [value, ...attributes] = setCookie!.split('; ');
    expect(value).toMatch(/^__Host-limen-refresh=[\w-]{12,}$/);
    expect(attributes).toEqual([`Max-Age=${WEEK}`, 'Path=/', 'HttpOnly', 'Secure', 'SameSite=Strict']);
    const { data: asked } = await app.graphql('{ me { email } }', {}, { token: data.login.accessToken });
    expect(asked.me.email).toBe(email);
  });

  test('begins with a sign-up too, and with nothing that fails', async () => {
    const app = await appWithSite();
    const input = { email: 'grace@example.com', password: PASSWORD, transport: 'COOKIE' };
    const { data, setCookie } = await browse(app).ask(SIGN_UP, { input });
    expect([data.signup.__typename, data.signup.refreshToken]).toEqual(['AuthSession', null]);
    expect(setCookie).toContain(`${NAME}=`);
    const wrong = await browse(app).ask(LOG_IN, { input: { ...input, password: 'not the password' } });
    expect([wrong.data.login.code, wrong.setCookie]).toEqual(['INVALID_CREDENTIALS', null]);
  });

  test('is not asked for by default', async () => {
    const app = await appWithSite();
    const { email } = await app.signUp('ada');
    const { data, setCookie } = await browse(app).ask(LOG_IN, { input: { email, password: PASSWORD } });
    expect([typeof data.login.refreshToken, setCookie]).toEqual(['string', null]);
  });

  test('goes on without a token in the input, which never comes back in the body', async () => {
    const app = await appWithSite();
    const { ask, jar, id } = await signedIn(app);
    for (const variables of [{}, { input: {} }, { input: { refreshToken: null, transport: 'BODY' } }]) {
      const before = jar.cookie;
      const { data, text } = await ask(REFRESH, variables).then((answer) => ({
        ...answer,
        text: JSON.stringify(answer.data),
      }));
      expect(data.refreshSession).toMatchObject({ refreshToken: null, user: { id } });
      expect(jar.cookie).not.toBe(before);
      expect(text).not.toContain(jar.cookie!.split('=')[1]);
    }
    expect(await sessions(app)).toHaveLength(2);
  });

  test('costs as many statements as one whose token is in the input', async () => {
    const app = await appWithSite();
    const { refreshToken } = await app.signUp('grace');
    const { ask } = await signedIn(app);
    const byToken = await app.statementsDuring(() => app.graphql(REFRESH, { input: { refreshToken } }));
    const byCookie = await app.statementsDuring(() => ask(REFRESH));
    expect(byCookie.length).toBeGreaterThan(0);
    expect(byCookie).toEqual(byToken);
  });

  test('goes on in both of two tabs that ask at once', async () => {
    const app = await appWithSite();
    const { ask, jar } = await signedIn(app);
    const before = jar.cookie!;
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(REFRESH, {}, { cookie: before })));
    expect(new Set(answers.map(({ data }) => data.refreshSession.__typename))).toEqual(
      new Set(['AuthSession']),
    );
    expect(new Set(answers.map(({ setCookie }) => setCookie)).size).toBe(1);
    expect((await ask(REFRESH)).data.refreshSession.__typename).toBe('AuthSession');
  });

  test('ends, with its cookie, when a copy from before the last one comes back', async () => {
    const app = await appWithSite();
    const { ask, jar } = await signedIn(app);
    const copy = jar.cookie!;
    await ask(REFRESH);
    await ask(REFRESH);
    const stolen = await ask(REFRESH, {}, { cookie: copy });
    expect(stolen.data.refreshSession.code).toBe('INVALID_REFRESH_TOKEN');
    expect(stolen.setCookie).toBe(`${NAME}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict`);
    expect(jar.cookie).toBeNull();
  });

  test.each(['nonsense', '%E0%A4%A', 'a%00b', 'x'.repeat(5000)])(
    'of a cookie that is none does not go on, and the cookie goes (%#)',
    async (value) => {
      const app = await appWithSite();
      const { data, setCookie } = await browse(app, { cookie: `${NAME}=${value}` }).ask(REFRESH);
      expect(data.refreshSession.code).toBe('INVALID_REFRESH_TOKEN');
      expect(setCookie).toContain('Max-Age=0');
    },
  );

  test('that there is none is told to every visitor without a query, an attempt or a cookie', async () => {
    const app = await appWithSite({ RATE_LIMITS: 'on' });
    const statements = await app.statementsDuring(async () => {
      for (const cookie of [null, 'theme=dark', `${NAME}=`]) {
        const { data, setCookie } = await browse(app, { cookie }).ask(REFRESH);
        expect([data.refreshSession.code, setCookie]).toEqual(['INVALID_REFRESH_TOKEN', null]);
      }
    });
    expect(statements).toEqual([]);
  });

  test('ends with a logout, which takes the cookie away; one of OTHERS leaves it', async () => {
    const app = await appWithSite();
    const { ask, jar, accessToken } = await signedIn(app);
    const bearer = { authorization: `Bearer ${accessToken}` };
    const others = await ask(LOG_OUT, { input: { scope: 'OTHERS' } }, bearer);
    expect([others.data.logout.__typename, others.setCookie]).toEqual(['LoggedOut', null]);
    const kept = jar.cookie!;
    const out = await ask(LOG_OUT, {}, bearer);
    expect([out.data.logout.__typename, jar.cookie]).toEqual(['LoggedOut', null]);
    const { data } = await ask(REFRESH, {}, { cookie: kept });
    expect(data.refreshSession.code).toBe('INVALID_REFRESH_TOKEN');
  });

  test('ends with an idle time of the operator’s choice, and the browser is told', async () => {
    const app = await appWithSite({ REFRESH_TOKEN_TTL: '1h', COOKIE_SAME_SITE: 'lax' });
    const { ask } = await signedIn(app);
    const { setCookie } = await ask(REFRESH);
    expect(setCookie).toContain('; SameSite=Lax');
    app.clock.advance(3601);
    expect((await ask(REFRESH)).data.refreshSession.code).toBe('INVALID_REFRESH_TOKEN');
  });

  test('takes over one whose token a page kept until now', async () => {
    const app = await appWithSite();
    const { refreshToken, sessionId } = await app.signUp('ada');
    const { ask } = browse(app);
    const moved = await ask(REFRESH, { input: { refreshToken, transport: 'COOKIE' } });
    expect(moved.data.refreshSession.refreshToken).toBeNull();
    const { data } = await ask(REFRESH);
    const claims = JSON.parse(atob(data.refreshSession.accessToken.split('.')[1]));
    expect(claims.session_id).toBe(sessionId);
  });
});

describe('the cookie alone', () => {
  test('says nothing about who is asking', async () => {
    const app = await appWithSite();
    const { ask } = await signedIn(app);
    const { data } = await ask('{ me { id } viewer { kind } }');
    expect(data).toEqual({ me: null, viewer: { kind: 'ANONYMOUS' } });
    const out = await ask(LOG_OUT);
    expect([out.errors?.[0].extensions.code, out.setCookie]).toEqual(['UNAUTHENTICATED', null]);
    expect(await sessions(app)).toHaveLength(2);
  });

  test('is no access token, and an access token is no cookie', async () => {
    const app = await appWithSite();
    const { ask, jar, accessToken } = await signedIn(app);
    const [, refreshToken] = jar.cookie!.split('=');
    expect((await ask('{ me { id } }', {}, { authorization: `Bearer ${refreshToken}` })).status).toBe(401);
    const { data } = await ask(REFRESH, {}, { cookie: `${NAME}=${accessToken}` });
    expect(data.refreshSession.code).toBe('INVALID_REFRESH_TOKEN');
  });
});

describe('a page that may not use the cookie', () => {
  const FOREIGN: [string, Record<string, string>][] = [
    ['no origin', {}],
    ['no origin, though the browser says same-origin', { 'sec-fetch-site': 'same-origin' }],
    ['the origin of a sandboxed frame', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['another site', from('https://evil.example.net')],
    ['a sibling', { origin: 'https://blog.example.com', 'sec-fetch-site': 'same-site' }],
    ['the site without TLS', { origin: 'http://app.example.com', 'sec-fetch-site': 'cross-site' }],
    ['the site on another port', from(`${SITE}:8443`)],
    ['a name that begins like the site', from(`${SITE}.evil.net`)],
    ['an old browser elsewhere', { origin: 'https://evil.example.net' }],
  ];
  const FRIENDLY: [string, Record<string, string>][] = [
    ['a listed origin', from(SITE)],
    ['a listed origin in an old browser', { origin: SITE }],
    ['this origin', { origin: 'http://limen.test', 'sec-fetch-site': 'same-origin' }],
    ['this origin in an old browser', { origin: 'https://id.example.com' }],
    [
      'an origin that a proxy answers for',
      { origin: 'http://localhost:5173', 'sec-fetch-site': 'same-origin' },
    ],
  ];

  test('is refused before anything is done, by a code of its own', async () => {
    const app = await appWithSite({ API_EXTERNAL_URL: 'https://id.example.com' });
    const { jar, email } = await signedIn(app);
    const before = await sessions(app);
    const input = { email, password: PASSWORD, transport: 'COOKIE' };
    const send = (query: string, variables: Record<string, unknown>, headers: Record<string, string>) =>
      app.graphql(query, variables, { headers: { cookie: jar.cookie!, ...headers } });
    for (const [who, headers] of FOREIGN) {
      for (const [query, variables] of [
        [REFRESH, {}],
        [LOG_IN, { input }],
        [REFRESH, { input: { refreshToken: 'x', transport: 'COOKIE' } }],
      ] as const) {
        const refused = await send(query, variables, headers);
        expect(refused.errors?.[0].extensions.code, who).toBe('CSRF_REFUSED');
        expect(refused.headers.get('set-cookie'), who).toBeNull();
      }
    }
    expect(await sessions(app)).toEqual(before);

    for (const [who, headers] of FRIENDLY) {
      const answer = await send(LOG_IN, { input }, headers);
      expect(answer.data?.login.__typename, who).toBe('AuthSession');
      jar.cookie = answer.headers.get('set-cookie')!.split(';')[0]!;
      expect((await send(REFRESH, {}, headers)).data.refreshSession.__typename, who).toBe('AuthSession');
    }
  });

  test('is every other one where CORS_ORIGINS is *, which lets pages call without cookies', async () => {
    const app = await createTestApp({ env: { CORS_ORIGINS: '*' } });
    const { email } = await app.signUp('ada');
    const input = { email, password: PASSWORD, transport: 'COOKIE' };
    const refused = await app.graphql(LOG_IN, { input }, { headers: from(SITE) });
    expect(refused.errors?.[0].extensions.code).toBe('CSRF_REFUSED');
    const own = { origin: 'http://127.0.0.1:8001', 'sec-fetch-site': 'same-origin' };
    const { data } = await app.graphql(LOG_IN, { input }, { headers: own });
    expect(data.login.__typename).toBe('AuthSession');
  });

  test('may do everything that takes no cookie, though the browser sends one along', async () => {
    const app = await appWithSite();
    const { jar, email } = await signedIn(app);
    const grace = await app.signUp('grace');
    const headers = { ...from('https://evil.example.net'), cookie: jar.cookie! };
    const login = await app.graphql(LOG_IN, { input: { email, password: PASSWORD } }, { headers });
    expect(login.data.login.__typename).toBe('AuthSession');
    const { refreshToken } = grace;
    const refresh = await app.graphql(REFRESH, { input: { refreshToken } }, { headers });
    expect(refresh.data.refreshSession.user.id).toBe(grace.id);
    expect([login, refresh].map((answer) => answer.headers.get('set-cookie'))).toEqual([null, null]);
    const me = await app.graphql('{ me { id } }', {}, { headers, token: grace.accessToken });
    expect(me.data.me.id).toBe(grace.id);
  });
});

test('every mutation that can answer a session takes a transport', () => {
  const mutations = Object.values((schema.getMutationType() as GraphQLObjectType).getFields());
  const signIns = mutations.filter(({ type }) => {
    const union = getNamedType(type);
    return isUnionType(union) && union.getTypes().some(({ name }) => name === 'AuthSession');
  });
  const without = signIns.filter(({ args }) => {
    const input = getNamedType(args.find(({ name }) => name === 'input')?.type);
    return !(isInputObjectType(input) && input.getFields().transport);
  });
  expect(signIns.length).toBeGreaterThan(2);
  expect(without.map(({ name }) => name)).toEqual([]);
});
