/** What an administrator may say of somebody, checked. */
import { z } from 'zod';
import { checkPassword } from '../../adapters/passwords/password-policy.ts';
import { optionalFlag, optionalObject, optionalText } from '../protocol/body.ts';
import type { Services } from '../protocol/endpoint.ts';
import { parseGoDuration } from '../protocol/go-duration.ts';
import { validationFailed, weakPassword } from '../protocol/protocol-error.ts';
import { parseEmailAddress } from './email-address.ts';
import { parsePhone } from './phone-number.ts';

/** As in `auth.users`, whose text columns mostly hold so many. */
const MAX_LENGTH = 255;

export const AdminUserBody = z.object({
  id: z
    .guid()
    .nullish()
    .transform((id) => id?.toLowerCase()),
  email: optionalText.transform((email) => email && parseEmailAddress(email)),
  phone: optionalText.transform((phone) => phone && parsePhone(phone)),
  password: optionalText,
  password_hash: optionalText,
  email_confirm: optionalFlag,
  phone_confirm: optionalFlag,
  user_metadata: optionalObject,
  app_metadata: optionalObject,
  role: z
    .string()
    .max(MAX_LENGTH)
    .nullish()
    .transform((role) => role || undefined),
  ban_duration: optionalText,
  /** Not of the protocol: why, for the record. */
  ban_reason: optionalText,
});
export type AdminUserBody = z.infer<typeof AdminUserBody>;

/**
 * The hash to store; undefined where neither a password nor a hash was given.
 * @throws {ProtocolError} 422 weak_password, 400 validation_failed
 */
export async function passwordHashOf(
  { passwords, settings }: Services,
  { password, password_hash }: Pick<AdminUserBody, 'password' | 'password_hash'>,
  email: string | null,
): Promise<string | undefined> {
  if (password && password_hash) {
    throw validationFailed('Only a password or a password hash should be provided');
  }
  if (password_hash) {
    if (password_hash.length > MAX_LENGTH || !passwords.understands(password_hash)) {
      throw validationFailed(
        'password_hash: neither bcrypt, Argon2 nor Firebase scrypt, or at a cost beyond reason',
      );
    }
    return password_hash;
  }
  if (!password) return undefined;
  const problem = checkPassword(password, { email, rules: settings.passwordRules });
  if (problem) throw weakPassword(problem);
  return passwords.hash(password);
}

/** Until when somebody is banned; null lifts the ban, undefined leaves it. @throws {ProtocolError} 400 validation_failed */
export function bannedUntil({ ban_duration }: AdminUserBody, now: Date): Date | null | undefined {
  if (ban_duration === undefined) return undefined;
  if (ban_duration === 'none') return null;
  const ms = parseGoDuration(ban_duration);
  if (ms === null)
    throw validationFailed('invalid format for ban duration: "none", or a duration like 24h or 1h30m');
  return new Date(now.getTime() + ms);
}
