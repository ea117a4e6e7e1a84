import { expect, test } from 'vitest';
import { createSessionCookies, SESSION_COOKIE } from '../../src/http/session-cookie.ts';

const DAY = 86_400;
const ORIGIN = 'https://id.example.com';

function cookieFor(headers: Record<string, string>, sameSite: 'strict' | 'none' = 'strict', days = 7) {
  const sessionCookie = { sameSite, maxAgeSeconds: days * DAY };
  return createSessionCookies({ sessionCookie, externalUrl: `${ORIGIN}/base`, corsOrigins: ['*'] })(
    new Headers(headers),
  );
}

test.each([
  [`theme=dark; ${SESSION_COOKIE}=abc-_1; lang=en`, 'abc-_1'],
  [`${SESSION_COOKIE}="abc"`, 'abc'],
  [`${SESSION_COOKIE}=a%3Bb`, 'a;b'],
  [`${SESSION_COOKIE}=first; ${SESSION_COOKIE}=second`, 'first'],
  [`x${SESSION_COOKIE}=abc; ${SESSION_COOKIE}x=abc; __host-limen-refresh=abc`, null],
  [`${SESSION_COOKIE}=`, null],
  [SESSION_COOKIE, null],
  [';=;;', null],
])('of the cookies that a browser sends, it reads its own: %s', (cookie, expected) => {
  expect(cookieFor({ cookie, origin: ORIGIN }).read()).toBe(expected);
});

test('for pages of other sites it is kept in a jar for each site, and taken out of the same one', () => {
  const cookie = cookieFor({ origin: ORIGIN, cookie: `${SESSION_COOKIE}=abc` }, 'none');
  cookie.write('next');
  expect(cookie.setCookie).toBe(
    `${SESSION_COOKIE}=next; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=None; Partitioned`,
  );
  cookie.clear();
  expect(cookie.setCookie).toBe(
    `${SESSION_COOKIE}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=None; Partitioned`,
  );
});

test('is asked to live no longer than browsers let it', () => {
  const cookie = cookieFor({ origin: ORIGIN }, 'strict', 5000);
  cookie.write('next');
  expect(cookie.setCookie).toContain(`Max-Age=${400 * DAY};`);
});

test('what has nothing to take away sets nothing', () => {
  const cookie = cookieFor({ origin: ORIGIN });
  cookie.clear();
  expect(cookie.setCookie).toBeNull();
});
