/** The link in a mail. Its host comes from the configuration: a request's own headers are for whoever sends it to choose. */
import type { AuthServerSettings } from '../protocol/needs.ts';

/** What a link is presented as. */
export type LinkVerification = 'signup' | 'invite' | 'magiclink' | 'recovery' | 'email_change';

/** @param redirectTo a place that is allowed: see `redirectTarget` */
export function actionLink(
  { issuer }: Pick<AuthServerSettings, 'issuer'>,
  { token, type, redirectTo }: { token: string; type: LinkVerification; redirectTo: string },
): string {
  return `${issuer}/verify?${new URLSearchParams({ token, type, redirect_to: redirectTo })}`;
}
