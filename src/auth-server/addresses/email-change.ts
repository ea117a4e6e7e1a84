/** A change of address that must be confirmed: by a mail to the new one and, unless it is turned off, by one to the present one too. */

import type { Queryable } from '../../adapters/postgres/database.ts';
import { forgetGuesses } from '../codes/code-guesses.ts';
import { NOBODY, sendingNothing } from '../codes/nobody.ts';
import {
  dropTokens,
  newToken,
  type OneTimeTokenType,
  type SpentToken,
  storeToken,
} from '../codes/one-time-token.ts';
import { actionLink } from '../links/action-link.ts';
import { type CodeChallenge, startFlow } from '../links/flow-state.ts';
import type { Client } from '../protocol/client.ts';
import type { Services } from '../protocol/endpoint.ts';
import { conflict, emailExists } from '../protocol/protocol-error.ts';
import { addNotice } from '../users/notice.ts';
import { localeOf } from '../users/person-locale.ts';
import { changeUser, refusalOfDuplicate } from '../users/user-change.ts';
import { FULL_USER_COLUMNS, type FullUserRow, lockUser } from '../users/user-row.ts';
import type { Confirmed } from './address-owner.ts';

export const EMAIL_CHANGE_TOKENS = ['email_change_token_current', 'email_change_token_new'] as const;

/** How a session says it was begun, and a flow with PKCE what it waits for. */
export const EMAIL_CHANGE = 'email_change';

/** Word for word as Supabase Auth has it: applications show it. */
const HALF_CONFIRMED = 'Confirmation link accepted. Please proceed to confirm link sent to the other email';

export interface EmailChangeRequest {
  email: string;
  /** A place that is allowed. */
  redirectTo: string;
  challenge?: CodeChallenge | undefined;
}

/**
 * Puts the mails under way, inside the transaction of the caller, who wakes the outbox. What was sent for an earlier change is worthless.
 * @throws {ProtocolError} 422 email_exists: somebody signed in is told, as the protocol has it
 */
export async function requestEmailChange(
  services: Services,
  tx: Queryable,
  user: FullUserRow,
  { email, redirectTo, challenge }: EmailChangeRequest,
): Promise<FullUserRow> {
  const now = services.clock();
  await assertFree(tx, email);
  await dropTokens(tx, user.id, EMAIL_CHANGE_TOKENS);
  const isPkce = challenge !== undefined;
  if (challenge) {
    await startFlow(tx, { challenge, provider: 'email', method: EMAIL_CHANGE, userId: user.id, now });
  }
  await sendHalf(services, tx, user, { half: 'new', to: email, email, redirectTo, isPkce });
  const present = presentAddressToAsk(services, user);
  if (present) {
    await sendHalf(services, tx, user, { half: 'current', to: present, email, redirectTo, isPkce });
  }
  return setPending(tx, user.id, email, now);
}

/** The address that has to agree, if any. */
function presentAddressToAsk({ settings }: Services, user: FullUserRow): string | null {
  return settings.secureEmailChange && settings.emailConfirmation ? user.email || null : null;
}

/** @throws {ProtocolError} 422 email_exists */
export async function assertFree(tx: Queryable, email: string): Promise<void> {
  const taken = await tx.query('select 1 from auth.users where email = $1 and is_sso_user = false', [email]);
  if (taken.length > 0) throw emailExists();
}

/** One of the two mails once more; where nobody waits for one, as many statements of the same kind. */
export async function resendHalf(
  services: Services,
  tx: Queryable,
  waiting: { user: FullUserRow; type: OneTimeTokenType } | undefined,
  to: string,
  redirectTo: string,
): Promise<void> {
  const half = waiting?.type === 'email_change_token_current' ? 'current' : 'new';
  const email = waiting?.user.email_change;
  const change = { half, to, email: email || to, redirectTo, isPkce: false } as const;
  if (waiting && email) return sendHalf(services, tx, waiting.user, change);
  return sendHalf({ ...services, outbox: sendingNothing(services.outbox) }, tx, NOBODY, change);
}

async function sendHalf(
  { settings, outbox, clock }: Services,
  tx: Queryable,
  user: Pick<FullUserRow, 'id' | 'email' | 'raw_user_meta_data'>,
  change: { half: 'current' | 'new'; to: string; email: string; redirectTo: string; isPkce: boolean },
): Promise<void> {
  const { half, to, email, redirectTo, isPkce } = change;
  const { token, code } = newToken({ digits: settings.codes.length, isPkce });
  const type: OneTimeTokenType = `email_change_token_${half}`;
  await storeToken(tx, { userId: user.id, type, address: to, token, now: clock() });
  await forgetGuesses(tx, to);
  await outbox.add(tx, {
    channel: 'email',
    template: `email-change-${half}`,
    to,
    userId: user.id,
    locale: localeOf(user),
    code,
    tokenHash: token,
    link: actionLink(settings, { token, type: EMAIL_CHANGE, redirectTo }),
    redirectTo,
    data: { oldEmail: user.email, newEmail: email },
  });
}

/** Notes a change that waits, and that nobody has agreed to yet. */
export async function setPending(
  tx: Queryable,
  userId: string,
  email: string,
  now: Date,
): Promise<FullUserRow> {
  const [user] = await tx.query<FullUserRow>(
    `update auth.users set email_change = $2, email_change_sent_at = $3, email_change_confirm_status = 0, updated_at = $3
     where id = $1 returning ${FULL_USER_COLUMNS}`,
    [userId, email, now],
  );
  if (!user) throw conflict();
  return user;
}

/**
 * What a mail's link or code does, inside the transaction that spent it. Whoever spends the other half at the same moment waits for the
 * row of the person, and finds this one's done. A text where the other half is
 * still to come, and undefined where the change is no longer asked for.
 *
 * @throws {ProtocolError} 422 email_exists: somebody else took the address meanwhile
 */
export async function confirmEmailChange(
  services: Services,
  tx: Queryable,
  client: Client,
  spent: SpentToken,
  now: Date,
): Promise<Confirmed | { message: string } | undefined> {
  const user = await lockUser(tx, spent.userId);
  const expected = spent.type === 'email_change_token_new' ? user?.email_change : user?.email;
  // A mail says what was asked for when it was sent.
  if (!user?.email_change || spent.address !== expected) return undefined;
  if (presentAddressToAsk(services, user) && user.email_change_confirm_status !== 1) {
    await tx.query('update auth.users set email_change_confirm_status = 1, updated_at = $2 where id = $1', [
      user.id,
      now,
    ]);
    return { message: HALF_CONFIRMED };
  }
  return {
    user: await completeChange(services, tx, client, user, user.email_change, now),
    ended: [],
    isChanged: true,
  };
}

async function completeChange(
  services: Services,
  tx: Queryable,
  client: Client,
  user: FullUserRow,
  email: string,
  now: Date,
): Promise<FullUserRow> {
  const changed = await changeUser(tx, client, user, { email, confirmsEmail: true }, now).catch((error) => {
    throw refusalOfDuplicate(error);
  });
  if (!changed) throw conflict();
  await tellOldAddress(services, tx, user, email);
  return changed;
}

/** Whoever had the account by its old address hears of it there. */
export async function tellOldAddress(
  services: Services,
  tx: Queryable,
  user: FullUserRow,
  newEmail: string,
): Promise<void> {
  if (user.email === newEmail) return;
  await addNotice(services, tx, user, 'email-changed', { oldEmail: user.email, newEmail });
}
