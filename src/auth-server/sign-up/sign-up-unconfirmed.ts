/** A sign-up whose address must be confirmed: an account, or nothing, and a mail in either case. The answer tells neither. */

import type { MailMessage } from '../../adapters/mail/message.ts';
import { checkPassword } from '../../adapters/passwords/password-policy.ts';
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { isSignedUp } from '../codes/emptied-account.ts';
import { parseCodeChallenge } from '../codes/flow-state.ts';
import { mailboxStandsFor } from '../codes/mailbox-owner.ts';
import { type LinkRequest, mailLink, mailNobody } from '../codes/mailed-link.ts';
import { NOBODY } from '../codes/nobody.ts';
import type { JsonObject } from '../protocol/body.ts';
import { attempting, type Call, type Services } from '../protocol/endpoint.ts';
import { weakPassword } from '../protocol/protocol-error.ts';
import { redirectTarget } from '../protocol/redirect.ts';
import { redirectTo } from '../protocol/redirect-to.ts';
import { countSending } from '../protocol/sending-limit.ts';
import { localeOf } from '../users/person-locale.ts';
import { type FullUserRow, findUserByEmail, fullUserJson } from '../users/user-row.ts';
import { type AdmittedUser, admitUser } from './admitted-user.ts';
import { insertUser, newUserRow } from './new-user.ts';

interface Newcomer {
  id: string;
  email: string;
  password: string;
  userMetadata: JsonObject;
}

/** Free or taken, confirmed or not, the answer is the person that would be, whether their row was written or not. */
export async function signUpUnconfirmed(
  services: Services,
  call: Call,
  newcomer: Newcomer,
  pkce: { code_challenge?: string | undefined; code_challenge_method?: string | undefined },
): Promise<Response> {
  const { email } = newcomer;
  const challenge = parseCodeChallenge(pkce.code_challenge, pkce.code_challenge_method);
  const attempt = await attempting(services, call.var.client, 'signup', email, async () => {
    assertStrongPassword(services, newcomer);
    return compareOrHash(services, newcomer);
  });
  // Whoever calls for somebody does not know beforehand that this sends a mail, so here all are counted.
  const now = services.clock();
  await countSending(services, { ...call.var.client, isLimited: true }, 'mail', email).catch(
    async (error) => {
      // The mail of a moment ago may be of a stranger's sign-up: whoever finds it must not confirm a password that is not theirs.
      const { found, isSame } = attempt;
      await leaveToOwner(services.database, found ?? NOBODY, isWaiting(found) && !isSame, null, now);
      throw error;
    },
  );
  const newUser = newUserRow(
    {
      id: newcomer.id,
      email,
      encryptedPassword: attempt.hash,
      isEmailConfirmed: false,
      isPhoneConfirmed: false,
      confirmationSentAt: now,
      userMetadata: newcomer.userMetadata,
    },
    now,
  );
  const user = await admitUser(services, call.var.client, newUser);
  const link: LinkRequest = { type: 'signup', challenge, redirectTo: redirectTo(call), now };
  await services.database.transaction((tx) => write(services, tx, user, attempt, link));
  services.outbox.wake();
  return call.json(fullUserJson(user));
}

interface SignUpAttempt {
  /** Who had the address when it was looked at. */
  found: FullUserRow | undefined;
  /** Of the password; null where somebody has the address. */
  hash: string | null;
  /** Whether the password is the one that was signed up with before. */
  isSame: boolean;
}

/** One hash is computed in either case: to store, or to compare with the one of an earlier sign-up. */
async function compareOrHash(
  { database, passwords }: Services,
  { email, password }: Newcomer,
): Promise<SignUpAttempt> {
  const found = await findUserByEmail(database, email);
  if (!found) return { found, hash: await passwords.hash(password), isSame: false };
  const { isRight } = await passwords.verify(password, found.encrypted_password || null);
  return { found, hash: null, isSame: isRight };
}

async function write(
  services: Services,
  tx: Queryable,
  user: AdmittedUser,
  { found, isSame }: SignUpAttempt,
  link: LinkRequest,
): Promise<void> {
  const email = user.email ?? '';
  const requested = (userId: string | null) =>
    recordEvents(tx, user.origin.client, {
      action: 'code.requested',
      userId,
      details: { type: link.type, channel: 'email' },
    });
  if (!found) {
    const isNew = await insertUser(tx, user);
    if (isNew) await mailLink(services, tx, user, email, link);
    // Somebody signed up with it in the same moment, and has been mailed.
    else await mailNobody(services, tx, email, link);
    return requested(isNew ? user.id : null);
  }
  await leaveToOwner(
    tx,
    found,
    isWaiting(found) && !isSame && isSignedUp(found),
    user.raw_user_meta_data,
    link.now,
  );
  if (isWaiting(found)) await mailLink(services, tx, found, email, link);
  else await mailNobody(services, tx, email, link, accountExists(services, found, email, link));
  return requested(found.id);
}

/** Whether somebody signed up with the address, and nobody has confirmed it. */
const isWaiting = (user: FullUserRow | undefined) =>
  user !== undefined && user.email_confirmed_at === null && mailboxStandsFor(user);

/**
 * Two sign-ups of one address with two passwords: one may be a stranger's, and nobody knows which. So neither holds; whoever confirms the
 * address sets one, and finds the newer profile. (With one and the same password it is somebody who sent the form twice.)
 * @param metadata the newer profile; null leaves the one there is
 */
async function leaveToOwner(
  tx: Queryable,
  { id }: Pick<FullUserRow, 'id'>,
  isDisputed: boolean,
  metadata: JsonObject | null,
  now: Date,
): Promise<void> {
  await tx.query(
    `update auth.users set encrypted_password = null, raw_user_meta_data = coalesce($4::jsonb, raw_user_meta_data), updated_at = $3
     where id = $1 and $2 and email_confirmed_at is null`,
    [id, isDisputed, now, metadata && { ...metadata, sub: id }],
  );
}

function accountExists(
  { settings }: Services,
  user: FullUserRow,
  email: string,
  { redirectTo }: LinkRequest,
): MailMessage {
  return {
    channel: 'email',
    template: 'account-exists',
    to: email,
    userId: user.id,
    locale: localeOf(user),
    code: null,
    tokenHash: null,
    link: null,
    redirectTo: redirectTarget(settings, redirectTo),
    data: {},
  };
}

/** @throws {ProtocolError} 422 weak_password */
export function assertStrongPassword(
  { settings }: Services,
  { password, email }: { password: string; email: string },
): void {
  const problem = checkPassword(password, { email, rules: settings.passwordRules });
  if (problem) throw weakPassword(problem);
}
