import type { JsonObject } from '../protocol/body.ts';
import type { UserRow } from '../users/user-row.ts';

/** Where links and codes go, and what an account is known by: a mail address or a phone number, in its normal form. */
export interface Recipient {
  by: 'email' | 'phone';
  address: string;
}

/**
 * Where somebody is sent what they ask for, and what guesses at their password or codes are counted under, however they come. Somebody
 * anonymous is sent nothing, and their guesses are counted all the same.
 */
export const recipientOf = ({ id, email, phone }: Pick<UserRow, 'id' | 'email' | 'phone'>): Recipient =>
  email || !phone ? { by: 'email', address: email || id } : { by: 'phone', address: phone };

/** The profile of a sign-up: what the person says of themselves, and beneath it what Supabase Auth keeps there. */
export const signUpMetadata = (
  id: string,
  { by, address }: Recipient,
  data: JsonObject,
  isConfirmed = false,
): JsonObject => ({
  ...data,
  sub: id,
  [by]: address,
  email_verified: isConfirmed && by === 'email',
  phone_verified: isConfirmed && by === 'phone',
});
