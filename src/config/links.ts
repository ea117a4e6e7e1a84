/** Where links lead, and where people may be sent with what signs them in. */
import { list, type Values } from './values.ts';

export interface LinkConfig {
  /** The application, without a slash at the end. */
  readonly siteUrl: string;
  /** Globs of other places that people may be sent to, as Supabase's `GOTRUE_URI_ALLOW_LIST`. */
  readonly redirectAllowList: readonly string[];
}

export const linkVariables = { REDIRECT_ALLOW_LIST: list.default([]) };

export function linkConfig(
  env: Values<typeof linkVariables> & { SITE_URL?: string | undefined },
  externalUrl: string,
): LinkConfig {
  return { siteUrl: env.SITE_URL ?? externalUrl, redirectAllowList: env.REDIRECT_ALLOW_LIST };
}
