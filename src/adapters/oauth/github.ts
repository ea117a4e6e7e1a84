import { z } from 'zod';
import type { OAuthTraits } from './oauth-provider.ts';

const HOST = 'https://github.com';

const User = z.object({
  id: z.int(),
  login: z.string(),
  name: z.string().nullish(),
  avatar_url: z.string().nullish(),
});

const Emails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));

/** @param url of a GitHub Enterprise Server, whose API lives beneath it; null for github.com */
export function githubTraits(url: string | null): OAuthTraits {
  const host = url ?? HOST;
  const api = url === null ? 'https://api.github.com' : `${url}/api/v3`;
  return {
    server: {
      issuer: `${host}/login/oauth`,
      authorization_endpoint: `${host}/login/oauth/authorize`,
      token_endpoint: `${host}/login/oauth/access_token`,
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    },
    scopes: ['user:email'],
    async claims(get) {
      const user = User.parse(await get(`${api}/user`));
      // The address in the profile is whatever the person wants to be shown; these are the ones that GitHub has mailed.
      const emails = Emails.parse(await get(`${api}/user/emails`));
      const email = emails.find(({ primary }) => primary) ?? emails.find(({ verified }) => verified);
      return {
        issuer: api,
        subject: String(user.id),
        email: email?.email,
        emailVerified: email?.verified,
        name: user.name,
        userName: user.login,
        avatarUrl: user.avatar_url,
      };
    },
  };
}
