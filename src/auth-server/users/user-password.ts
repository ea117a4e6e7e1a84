/** Passwords in a `PUT /user`: the current one as proof of who asks, and a new one. */
import { normalizePassword } from '../../adapters/passwords/normal-form.ts';
import { checkPassword } from '../../adapters/passwords/password-policy.ts';
import { recipientOf } from '../addresses/recipient.ts';
import type { Bearer } from '../protocol/bearer.ts';
import type { Client } from '../protocol/client.ts';
import { attempting, forgiveAttempt, type Services } from '../protocol/endpoint.ts';
import { ProtocolError, weakPassword } from '../protocol/protocol-error.ts';
import type { UserChange } from './change-events.ts';
import type { FullUserRow } from './user-row.ts';

interface GivenPasswords {
  password?: string | null | undefined;
  current_password?: string | null | undefined;
}

/** How sessions begin whose person may have forgotten the password. */
const RECOVERY_METHODS = ['otp', 'magiclink', 'recovery'];

/**
 * Whether what is given is right is for `changeOfPassword` to say.
 * @throws {ProtocolError} 400 current_password_required
 */
export function assertCurrentPasswordGiven(
  { settings }: Services,
  { user, claims }: Bearer,
  given: GivenPasswords,
): void {
  if (!settings.requireCurrentPassword || given.current_password || !user.encrypted_password) return;
  if (claims.amr.some(({ method }) => RECOVERY_METHODS.includes(method))) return;
  throw new ProtocolError(
    400,
    'current_password_required',
    'Current password required when setting a new password or email address.',
  );
}

/**
 * Checks the current password where it is given, whatever else changes. Only who knows it is told what is wrong with the new one.
 *
 * @param newEmail the address that changes in the same request
 * @param hasNonce whether a code by mail stands for the current password. It is looked at last, so nothing is compared for its sake.
 * @throws {ProtocolError} 400 current_password_invalid, 422 weak_password, same_password, 429 over_request_rate_limit
 */
export async function changeOfPassword(
  services: Services,
  client: Client,
  user: FullUserRow,
  { password, current_password: current }: GivenPasswords,
  newEmail: string | undefined,
  hasNonce: boolean,
): Promise<UserChange['encryptedPassword']> {
  const { passwords, settings } = services;
  const stored = user.encrypted_password || null;
  const { address: account } = recipientOf(user);

  if (current != null) await assertCurrentPassword(services, client, user, current);
  if (password == null) return undefined;
  for (const email of [user.email, newEmail ?? null]) {
    const problem = checkPassword(password, { email, rules: settings.passwordRules });
    if (problem) throw weakPassword(problem);
  }
  return { hash: await hashOfNew(password), insteadOf: user.encrypted_password };

  async function hashOfNew(password: string): Promise<string> {
    if (current != null) {
      if (normalizePassword(password) === normalizePassword(current)) throw samePassword();
      return passwords.hash(password);
    }
    if (hasNonce) return passwords.hash(password);
    // "The same" tells a password as well as a sign-in does, so this is counted like one.
    return attempting(services, client, 'password', account, async () => {
      // Before the comparison, so that nothing has been compared when there is no time to hash.
      const hash = await passwords.hash(password);
      if (stored && (await passwords.verify(password, stored)).isRight) throw samePassword();
      return hash;
    });
  }
}

/** @throws {ProtocolError} 400 current_password_invalid, 429 over_request_rate_limit */
export async function assertCurrentPassword(
  services: Services,
  client: Client,
  user: FullUserRow,
  current: string,
): Promise<void> {
  const { address: account } = recipientOf(user);
  const { isRight } = await attempting(services, client, 'password', account, () =>
    services.passwords.verify(current, user.encrypted_password || null),
  );
  if (!isRight) throw new ProtocolError(400, 'current_password_invalid', 'Current password is not correct');
  await forgiveAttempt(services, client, 'password', account);
}

const samePassword = () =>
  new ProtocolError(422, 'same_password', 'New password should be different from the old password.');
