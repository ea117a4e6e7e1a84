import { z } from 'zod';
import { HashingBusyError } from '../../adapters/passwords/password-hasher.ts';
import { checkPassword } from '../../adapters/passwords/password-policy.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { noteConcerned } from '../audit/refusals.ts';
import { judgePasswordAttempt } from '../hooks/verification-attempt.ts';
import { optionalText, readBody } from '../protocol/body.ts';
import { attempting, type Call, forgiveAttempt, type Services } from '../protocol/endpoint.ts';
import { ProtocolError, phoneProviderDisabled, validationFailed } from '../protocol/protocol-error.ts';
import { foldEmailAddress } from '../users/email-address.ts';
import { parsePhone } from '../users/phone-number.ts';
import { type FullUserRow, findUserByEmail, findUserByPhone, isBanned } from '../users/user-row.ts';
import { type Grant, inRounds } from './grant.ts';
import { answerSession } from './session-answer.ts';
import { signIn } from './sign-in.ts';

const Body = z.object({ email: optionalText, phone: optionalText, password: z.string() });

export async function grantByPassword(services: Services, call: Call): Promise<Response> {
  const { email, phone, password } = await readBody(call.req.raw, Body);
  const account = accountIn(services, email, phone);
  const { client } = call.var;
  // One attempt, however many rounds it takes.
  const told = new Set<boolean>();
  const judge = async (userId: string | null, isRight: boolean) => {
    if (told.has(isRight)) return;
    told.add(isRight);
    await judgePasswordAttempt(services, client, { userId, account: account.name, isRight });
  };
  const grant = await attempting(services, client, 'login', account.name, () =>
    inRounds(() => trySignIn(services, call, account, password, judge)),
  );
  await forgiveAttempt(services, client, 'login', account.name);
  const { passwordRules: rules } = services.settings;
  const weakPassword = checkPassword(password, { email: grant.user.email, rules });
  return answerSession(services, call, { ...grant, weakPassword });
}

/** Whom somebody says they are, and how to find them. */
interface Named {
  name: string;
  find(database: Queryable): Promise<FullUserRow | undefined>;
  isConfirmed(user: FullUserRow): boolean;
  notConfirmed(): ProtocolError;
}

/** @throws {ProtocolError} 400 validation_failed, 422 phone_provider_disabled */
function accountIn({ settings }: Services, email: string | undefined, phone: string | undefined): Named {
  if (email) {
    const name = foldEmailAddress(email);
    return {
      name,
      find: (database) => findUserByEmail(database, name),
      isConfirmed: (user) => user.email_confirmed_at !== null,
      notConfirmed: () => new ProtocolError(400, 'email_not_confirmed', 'Email not confirmed'),
    };
  }
  if (!phone) throw validationFailed('missing email or phone');
  if (!settings.phone.enabled) throw phoneProviderDisabled(422);
  const name = parsePhone(phone);
  return {
    name,
    find: (database) => findUserByPhone(database, name),
    isConfirmed: (user) => user.phone_confirmed_at !== null,
    notConfirmed: () => new ProtocolError(400, 'phone_not_confirmed', 'Phone not confirmed'),
  };
}

/**
 * One statement to read and one to write. Null when the row changed between the two: another password, or the same one hashed anew.
 * @throws {ProtocolError} 400 invalid_credentials, user_banned, email_not_confirmed, phone_not_confirmed, and what the hook of `judge` says
 */
async function trySignIn(
  { database, passwords, clock }: Services,
  call: Call,
  account: Named,
  password: string,
  judge: (userId: string | null, isRight: boolean) => Promise<void>,
): Promise<Grant | null> {
  const issuedAt = clock();
  const user = await account.find(database);
  noteConcerned(call, user?.id ?? null);
  // The same work for nobody, for somebody without a password, and for a wrong one.
  const { isRight, needsUpgrade } = await passwords.verify(password, user?.encrypted_password || null);
  await judge(user?.id ?? null, isRight && user !== undefined);
  if (!user || !isRight) throw new ProtocolError(400, 'invalid_credentials', 'Invalid login credentials');
  const now = clock();
  // Only whoever knows the password learns of a ban. Supabase Auth looks at the ban first, which tells strangers of the account.
  if (isBanned(user, now)) throw new ProtocolError(400, 'user_banned', 'User is banned');
  if (!account.isConfirmed(user)) throw account.notConfirmed();
  const upgradedHash = needsUpgrade ? await hashIfThereIsTime() : null;
  return signIn(database, { user, method: 'password', client: call.var.client, now, issuedAt, upgradedHash });

  /** A stronger hash can wait for the next sign-in; the person cannot. */
  async function hashIfThereIsTime(): Promise<string | null> {
    try {
      return await passwords.hash(password);
    } catch (error) {
      if (error instanceof HashingBusyError) return null;
      throw error;
    }
  }
}
