/** `MAIL_LINKS=app`: a mailed link hands the application what a mutation takes, and no session. */
import { expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.ts';

const SESSION = '__typename ... on AuthSession { accessToken refreshToken user { id email } }';
const PLACE = 'http://localhost:8001/welcome';

async function linkTo(app: TestApp, email: string): Promise<string> {
  await app.graphql(
    `mutation { requestSignInCode(input: { email: "${email}", redirectTo: "${PLACE}" }) { __typename } }`,
  );
  return (await app.messagesTo(email))[0]!.link!;
}

test('a link without PKCE leads to the application with what it holds, however often it is opened', async () => {
  const app = await createTestApp({ env: { MAIL_LINKS: 'app' } });
  const { email, id } = await app.signUp('ada');
  const link = await linkTo(app, email);
  const { searchParams: parameters, origin, pathname } = new URL(link);
  const form = {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: parameters,
  };
  const ways = [
    new Request(link, { method: 'HEAD' }),
    new Request(link),
    new Request(`${origin}${pathname}`, form),
  ];
  const places = [];
  for (const request of ways) {
    const response = await app.atAuthServer(request);
    expect([response.status, response.headers.get('cache-control')]).toEqual([303, 'no-store']);
    places.push(new URL(response.headers.get('location')!));
  }
  expect(new Set(places.map(({ href }) => href)).size).toBe(1);
  const [place] = places;
  expect([`${place!.origin}${place!.pathname}`, place!.search]).toEqual([PLACE, '']);
  const given = Object.fromEntries(new URLSearchParams(place!.hash.slice(1)));
  expect(given).toEqual({ token_hash: parameters.get('token'), type: 'magiclink', sb: '' });

  const signIn = (tokenHash: string) =>
    app.graphql(
      `mutation { signInWithCode(input: { tokenHash: "${tokenHash}" }) { ${SESSION} ... on UserError { code } } }`,
    );
  const { data } = await signIn(given.token_hash!);
  expect(data.signInWithCode).toMatchObject({ __typename: 'AuthSession', user: { id } });
  expect((await signIn(given.token_hash!)).data.signInWithCode.code).toBe('INVALID_CODE');
});

test('nobody is sent with it to a place that is not allowed', async () => {
  const app = await createTestApp({ env: { MAIL_LINKS: 'app' } });
  const { email } = await app.signUp('ada');
  const link = new URL(await linkTo(app, email));
  link.searchParams.set('redirect_to', 'https://evil.example/');
  const response = await app.atAuthServer(new Request(link));
  expect(new URL(response.headers.get('location')!).hostname).not.toBe('evil.example');
});
