import { type CookieJar, fetchFrom } from '../../test/support/cookie-fetch.ts';
import { type Flow, holds, outcome, PASSWORD, refusal } from '../flow.ts';

export const cookies: Flow = {
  name: 'sessions in cookies',
  async run({ visitor, newcomer, site, step }) {
    const { email } = await newcomer('ada');
    const jar: CookieJar = { cookie: null };
    /** A page of the site that has just begun. */
    const page = (origin = site) => visitor({ session: 'cookie', fetch: fetchFrom(origin, jar) });
    const first = page();
    await step('signs in on a page, which is shown no refresh token', async () => {
      const session = outcome(await first.login({ email, password: PASSWORD }), 'AuthSession');
      holds(session.refreshToken === null, 'There is one in the answer.');
      holds(jar.cookie?.startsWith('__Host-') === true, 'There is no cookie.');
    });
    await step('is signed in on the next page too', async () => {
      holds((await page().restore())?.user.email === email, 'Nobody is.');
    });
    await step('and not on the page of another site, though the cookie comes along', async () => {
      const code = await refusal(page('https://evil.example.net').restore());
      holds(code === 'CSRF_REFUSED', `The answer is ${code}.`);
    });
    await step('signs out, and the cookie is gone', async () => {
      outcome(await first.logout(), 'LoggedOut');
      holds(jar.cookie === null, 'It is there.');
      holds((await page().restore()) === null, 'Somebody is still signed in.');
    });
  },
};
