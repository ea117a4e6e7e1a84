/** Where somebody is reached, and what accounts are keyed by: an address or a number. */
import type { Account } from './account.ts';
import { parseEmailAddress } from './email-address.ts';
import { ValidationError } from './errors.ts';
import { parsePhoneNumber } from './phone-number.ts';

export type Contact = { readonly email: string } | { readonly phone: string };

export interface ContactInput {
  readonly email?: string | null | undefined;
  readonly phone?: string | null | undefined;
}

/** @throws {ValidationError} unless it is one of the two, and a good one */
export function parseContact({ email, phone }: ContactInput): Contact {
  if (phone != null && email == null) return { phone: parsePhoneNumber(phone) };
  if (email != null && phone == null) return { email: parseEmailAddress(email) };
  throw new ValidationError([{ path: [], code: 'CHOOSE_ONE', message: 'Give `email` or `phone`.' }]);
}

/** The address, or the number of somebody who has none; null for somebody anonymous. */
export function contactOf({ email, phone }: Pick<Account, 'email' | 'phone'>): Contact | null {
  if (email) return { email };
  return phone ? { phone } : null;
}

/** What attempts are counted under. */
export const contactText = (contact: Contact) => ('email' in contact ? contact.email : contact.phone);

/** The kind under which what is sent there is counted. */
export const sendingTo = (contact: Contact) => ('email' in contact ? 'mail' : 'sms');

/**
 * What guesses at somebody's password are counted under: what they sign in with. It is not their id, since nobody knows at a sign-in whose
 * account it is; and of two that they have it is the one they come with, for a count of both would tell which number is whose address.
 */
export function guessedAs(account: Pick<Account, 'id' | 'email' | 'phone'>): string {
  const contact = contactOf(account);
  return contact ? contactText(contact) : account.id;
}
