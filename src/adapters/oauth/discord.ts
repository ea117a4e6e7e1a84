import { z } from 'zod';
import type { OAuthTraits } from './oauth-provider.ts';

const HOST = 'https://discord.com';
const PICTURES = 'https://cdn.discordapp.com';

const User = z.object({
  id: z.string().regex(/^\d+$/),
  username: z.string(),
  global_name: z.string().nullish(),
  avatar: z.string().nullish(),
  email: z.string().nullish(),
  verified: z.boolean().nullish(),
});

/** @param url of something that speaks like Discord; null for Discord itself */
export function discordTraits(url: string | null): OAuthTraits {
  const host = url ?? HOST;
  return {
    server: {
      issuer: host,
      authorization_endpoint: `${host}/oauth2/authorize`,
      token_endpoint: `${host}/api/oauth2/token`,
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    },
    scopes: ['email', 'identify'],
    async claims(get) {
      const user = User.parse(await get(`${host}/api/users/@me`));
      return {
        issuer: `${host}/api`,
        subject: user.id,
        email: user.email,
        emailVerified: user.verified,
        name: user.global_name ?? user.username,
        userName: user.username,
        avatarUrl: user.avatar && `${PICTURES}/avatars/${user.id}/${user.avatar}.png`,
      };
    },
  };
}
