/** `POST /signup` with a phone number and a password. */

import { randomUUID } from 'node:crypto';
import { checkPassword } from '../../adapters/passwords/password-policy.ts';
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { isSignedUp } from '../codes/emptied-account.ts';
import { NOBODY } from '../codes/nobody.ts';
import { sendPhoneCode, sendPhoneCodeToNobody } from '../codes/phone-code.ts';
import { phoneSignUpMetadata, phoneStandsFor } from '../codes/phone-owner.ts';
import type { JsonObject } from '../protocol/body.ts';
import { attempting, type Call, type Services } from '../protocol/endpoint.ts';
import {
  ProtocolError,
  phoneProviderDisabled,
  validationFailed,
  weakPassword,
} from '../protocol/protocol-error.ts';
import { countSending } from '../protocol/sending-limit.ts';
import { answerSession } from '../sessions/session-answer.ts';
import { signIn } from '../sessions/sign-in.ts';
import { parsePhone } from '../users/phone-number.ts';
import { assertMetadataFits } from '../users/user-metadata.ts';
import { type FullUserRow, findUserByPhone, fullUserJson } from '../users/user-row.ts';
import { type AdmittedUser, admitUser } from './admitted-user.ts';
import { insertUser, newUserRow } from './new-user.ts';

interface Newcomer {
  id: string;
  phone: string;
  password: string;
  userMetadata: JsonObject;
}

/** @throws {ProtocolError} 400 phone_provider_disabled, validation_failed, 422 weak_password, user_already_exists, 429 */
export async function signUpByPhone(
  services: Services,
  call: Call,
  { phone: given, password, data }: { phone: string; password: string | undefined; data: JsonObject },
): Promise<Response> {
  const { settings } = services;
  if (!settings.phone.enabled) throw phoneProviderDisabled(400);
  if (!password) throw validationFailed('Signup requires a valid password');
  const phone = parsePhone(given);
  const id = randomUUID();
  const userMetadata = phoneSignUpMetadata(id, phone, data, settings.phone.autoconfirm);
  assertMetadataFits(userMetadata, null);
  const newcomer = { id, phone, password, userMetadata };
  return settings.phone.autoconfirm
    ? signUpConfirmed(services, call, newcomer)
    : signUpUnconfirmed(services, call, newcomer);
}

/** Free or taken, confirmed or not, the answer is the person that would be; hashes and statements are as many. */
async function signUpUnconfirmed(services: Services, call: Call, newcomer: Newcomer): Promise<Response> {
  const { phone } = newcomer;
  const { client } = call.var;
  const attempt = await attempting(services, client, 'signup', phone, () => {
    assertStrong(services, newcomer);
    return compareOrHash(services, newcomer);
  });
  // Whoever calls for somebody does not know beforehand that this sends a message, so here all are counted.
  await countSending(services, { ...client, isLimited: true }, 'sms', phone).catch(async (error) => {
    // The code of a moment ago may be of a stranger's sign-up: whoever finds it must not confirm a password that is not theirs.
    await leaveToOwner(services.database, attempt, null, services.clock());
    throw error;
  });
  const row = { ...rowOf(services, newcomer, attempt.hash), confirmation_sent_at: services.clock() };
  const user = await admitUser(services, client, row);
  await services.database.transaction((tx) => write(services, tx, user, attempt, phone));
  services.outbox.wake();
  return call.json(fullUserJson(user));
}

interface SignUpAttempt {
  /** Who had the number when it was looked at. */
  found: FullUserRow | undefined;
  /** Of the password; null where somebody has the number. */
  hash: string | null;
  /** Whether the password is the one that was signed up with before. */
  isSame: boolean;
}

/** One hash is computed in either case: to store, or to compare with the one of an earlier sign-up. */
async function compareOrHash(
  { database, passwords }: Services,
  { phone, password }: Newcomer,
): Promise<SignUpAttempt> {
  const found = await findUserByPhone(database, phone);
  if (!found) return { found, hash: await passwords.hash(password), isSame: false };
  const { isRight } = await passwords.verify(password, found.encrypted_password || null);
  return { found, hash: null, isSame: isRight };
}

async function write(
  services: Services,
  tx: Queryable,
  user: AdmittedUser,
  attempt: SignUpAttempt,
  phone: string,
): Promise<void> {
  const { found } = attempt;
  const code = { phone, type: 'signup' } as const;
  const requested = (userId: string | null) =>
    recordEvents(tx, user.origin.client, {
      action: 'code.requested',
      userId,
      details: { type: 'signup', channel: 'sms' },
    });
  if (!found) {
    const isNew = await insertUser(tx, user);
    if (isNew) await sendPhoneCode(services, tx, user, code);
    // Somebody signed up with it in the same moment, and has been sent a code.
    else await sendPhoneCodeToNobody(services, tx, code);
    return requested(isNew ? user.id : null);
  }
  await leaveToOwner(tx, attempt, user.raw_user_meta_data, services.clock());
  if (isWaiting(found)) await sendPhoneCode(services, tx, found, code);
  else await sendPhoneCodeToNobody(services, tx, code);
  return requested(found.id);
}

/** Whether somebody signed up with the number, and nobody has confirmed it. */
const isWaiting = (user: FullUserRow | undefined) =>
  user !== undefined && user.phone_confirmed_at === null && phoneStandsFor(user);

/**
 * Two sign-ups with two passwords: one may be a stranger's, and nobody knows which. So neither holds, and whoever confirms the number
 * sets one.
 * @param metadata the newer profile; null leaves the one there is
 */
async function leaveToOwner(
  tx: Queryable,
  { found, isSame }: SignUpAttempt,
  metadata: JsonObject | null,
  now: Date,
): Promise<void> {
  const { id } = found ?? NOBODY;
  await tx.query(
    `update auth.users set encrypted_password = null,
       raw_user_meta_data = coalesce($4::jsonb, raw_user_meta_data), updated_at = $3
     where id = $1 and $2 and phone_confirmed_at is null`,
    [
      id,
      isWaiting(found) && !isSame && found !== undefined && isSignedUp(found),
      now,
      metadata && { ...metadata, sub: id },
    ],
  );
}

/** Here a taken number cannot be hidden: the session itself would tell. */
async function signUpConfirmed(services: Services, call: Call, newcomer: Newcomer): Promise<Response> {
  const { client } = call.var;
  const hash = await attempting(services, client, 'signup', newcomer.phone, async () => {
    assertStrong(services, newcomer);
    return services.passwords.hash(newcomer.password);
  });
  const user = await admitUser(services, client, rowOf(services, newcomer, hash));
  const now = user.created_at;
  const grant = await services.database.transaction(async (tx) => {
    if (!(await insertUser(tx, user))) return null;
    return signIn(tx, { user, method: 'password', client, now, issuedAt: now });
  });
  if (!grant) throw new ProtocolError(422, 'user_already_exists', 'User already registered');
  return answerSession(services, call, grant);
}

function rowOf({ settings, clock }: Services, newcomer: Newcomer, hash: string | null): FullUserRow {
  const { id, phone, userMetadata } = newcomer;
  const isPhoneConfirmed = settings.phone.autoconfirm;
  return newUserRow(
    { id, phone, encryptedPassword: hash, isEmailConfirmed: false, isPhoneConfirmed, userMetadata },
    clock(),
  );
}

/** @throws {ProtocolError} 422 weak_password */
function assertStrong({ settings }: Services, { password }: Newcomer): void {
  const problem = checkPassword(password, { email: null, rules: settings.passwordRules });
  if (problem) throw weakPassword(problem);
}
