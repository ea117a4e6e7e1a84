import { describe, expect, test } from 'vitest';
import { createTestApp, PASSWORD } from '../support/app.ts';

const SIGN_UP = `mutation ($input: SignupInput!) {
  signup(input: $input) { __typename ... on UserError { code } ... on ValidationError { issues { path code } } }
}`;

describe('bad input', () => {
  test.each([
    ['a full-width @', 'ada＠example.com'],
    ['a Cyrillic look-alike', 'аda@example.com'],
    ['a letter that lower-cases into ASCII', '\u212Aate@example.com'],
    ['a NUL byte', 'ada\u0000@example.com'],
    ['a lone surrogate', 'ada\ud800@example.com'],
    ['no domain', 'ada@'],
    ['two @', 'ada@grace@example.com'],
    ['a line break', 'ada@example.com\nbcc: all@example.com'],
    [
      '300 characters',
      `${'a'.repeat(60)}@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(55)}.com`,
    ],
    ['a megabyte less a bit', `${'a'.repeat(900_000)}@example.com`],
    ['nothing', ''],
  ])('is answered with a ValidationError at `email` for an address with %s', async (_what, email) => {
    const app = await createTestApp();
    const { status, data } = await app.graphql(SIGN_UP, { input: { email, password: PASSWORD } });
    expect(status).toBe(200);
    expect(data.signup).toMatchObject({ code: 'VALIDATION_FAILED', issues: [{ path: ['email'] }] });
    expect(await app.database.query('select 1 from auth.users')).toEqual([]);
  });

  test.each([
    ['NUL', 'a long secret \u0000 phrase', 'ValidationError'],
    ['a lone surrogate', 'a long secret \udfff phrase', 'ValidationError'],
    ['300 characters', 'secret '.repeat(43), 'WeakPasswordError'],
  ])(
    'is answered with a typed error, and without the password, for a password with %s',
    async (_what, password, type) => {
      const app = await createTestApp();
      const answer = await app.graphql(SIGN_UP, { input: { email: 'ada@example.com', password } });
      expect(answer.status).toBe(200);
      expect(answer.data.signup.__typename).toBe(type);
      expect(JSON.stringify(answer.data)).not.toContain('secret');
      expect(await app.database.query('select 1 from auth.users')).toEqual([]);
    },
  );

  test('never repeats a secret that came in the wrong type, in an answer', async () => {
    const app = await createTestApp();
    const secret = 8_675_309_867;
    const wrong = [
      app.graphql(SIGN_UP, { input: { email: 'ada@example.com', password: secret } }),
      app.graphql(SIGN_UP, { input: { email: 'ada@example.com', password: { is: `${secret}` } } }),
      app.graphql(SIGN_UP, { input: `${secret}` }),
      app.graphql(
        `mutation { signup(input: { email: "ada@example.com", password: ${secret} }) { __typename } }`,
      ),
      app.graphql(`mutation { signup(input: { email: "a@b.co", pasword: "${secret}" }) { __typename } }`),
      app.graphql(`mutation { login(input: "${secret}") { __typename } }`),
    ];
    for (const { status, errors, data } of await Promise.all(wrong)) {
      expect(status).toBe(400);
      expect(data ?? null).toBeNull();
      expect(errors?.[0].extensions.code).toMatch(/^(BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED)$/);
      expect(JSON.stringify(errors)).not.toContain(`${secret}`);
    }
  });

  test('tries one credential in a request, however it is written', async () => {
    const app = await createTestApp();
    const login = (alias: string) =>
      `${alias}: login(input: { email: "ada@example.com", password: "x" }) { __typename }`;
    const queries = [
      `mutation { ${login('a')} ${login('b')} }`,
      `mutation { ...F ${login('b')} } fragment F on Mutation { ${login('a')} }`,
      `mutation { ${login('a')} refreshSession(input: { refreshToken: "x" }) { __typename } }`,
    ];
    for (const query of queries) {
      const { status, errors } = await app.graphql(query);
      expect(status).toBe(400);
      expect(errors?.[0].extensions.code).toBe('QUERY_TOO_COMPLEX');
    }
  });
});
