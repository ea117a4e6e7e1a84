/** What is mailed to somebody who asks for it: a link with a code, to show that the mailbox is theirs. */
import type { MailMessage, MailTemplate } from '../../adapters/mail/message.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { forgetGuesses } from '../codes/code-guesses.ts';
import { NOBODY, sendingNothing } from '../codes/nobody.ts';
import { newToken, type OneTimeTokenType, storeToken } from '../codes/one-time-token.ts';
import type { Services } from '../protocol/endpoint.ts';
import { redirectTarget } from '../protocol/redirect.ts';
import { localeOf } from '../users/person-locale.ts';
import type { UserRow } from '../users/user-row.ts';
import { actionLink } from './action-link.ts';
import { type CodeChallenge, startFlow } from './flow-state.ts';

/** By the `type` in the link, which is also what the token is good for: no token does for another type. */
export const MAILED_LINKS = {
  signup: { stored: 'confirmation_token', template: 'confirm-signup', flow: 'email/signup' },
  invite: { stored: 'confirmation_token', template: 'invite', flow: 'invite' },
  magiclink: { stored: 'recovery_token', template: 'magic-link', flow: 'magiclink' },
  recovery: { stored: 'recovery_token', template: 'recovery', flow: 'recovery' },
} as const satisfies Record<string, { stored: OneTimeTokenType; template: MailTemplate; flow: string }>;

export type MailedLinkType = keyof typeof MAILED_LINKS;

export interface LinkRequest {
  type: MailedLinkType;
  /** With PKCE the link leads to a code for whoever began it. */
  challenge: CodeChallenge | undefined;
  /** As it was asked for: whether it is allowed is looked at here. */
  redirectTo: string | null;
  /** What else the template may show. */
  data?: MailMessage['data'];
  now: Date;
}

/** Puts the mail into the outbox. The link it holds takes the place of the one before; wrong codes until now are forgiven. */
export async function mailLink(
  { settings, outbox }: Services,
  tx: Queryable,
  user: Pick<UserRow, 'id' | 'raw_user_meta_data'>,
  email: string,
  { type, challenge, redirectTo, data = {}, now }: LinkRequest,
): Promise<void> {
  const { stored, template, flow } = MAILED_LINKS[type];
  const { token, code } = newToken({
    digits: settings.codes.length,
    isPkce: challenge !== undefined,
    purpose: type,
  });
  await storeToken(tx, { userId: user.id, type: stored, address: email, token, purpose: type, now });
  await forgetGuesses(tx, email);
  // For nobody as well: the row is nobody's, and goes with the others that come to nothing.
  if (challenge) await startFlow(tx, { challenge, provider: 'email', method: flow, userId: user.id, now });
  const target = redirectTarget(settings, redirectTo);
  await outbox.add(tx, {
    channel: 'email',
    template,
    to: email,
    userId: user.id,
    locale: localeOf(user),
    code,
    tokenHash: token,
    link: actionLink(settings, { token, type, redirectTo: target }),
    redirectTo: target,
    data,
  });
}

/**
 * Where there is no link to mail: as many statements of the same kind, so that the answer takes as long.
 * @param instead what is mailed all the same
 */
export async function mailNobody(
  services: Services,
  tx: Queryable,
  email: string,
  request: LinkRequest,
  instead: MailMessage | null = null,
): Promise<void> {
  const outbox = sendingNothing(services.outbox, instead);
  await mailLink({ ...services, outbox }, tx, NOBODY, email, request);
}
