import { type AttemptLimiter, countAttempt } from '../attempts.ts';
import type { AuthBackend } from '../auth-backend.ts';
import type { Client } from '../client.ts';
import { type Contact, type ContactInput, parseContact } from '../contact.ts';
import { allValid } from '../errors.ts';
import { assertMetadataFits, metadataFromProfile, type ProfileInput } from '../own-account/profile.ts';
import type { Session } from '../sessions/session.ts';
import { pauseMessages } from './message-pause.ts';

/** The address must be confirmed before anybody can sign in with it. Says nothing about whether it was free. */
export interface EmailConfirmationSent {
  readonly confirmationSentTo: string;
}

/** The same of a number. */
export interface PhoneConfirmationSent {
  readonly confirmationTextSentTo: string;
}

export type ConfirmationSent = EmailConfirmationSent | PhoneConfirmationSent;

/**
 * @throws {ValidationError} @throws {EmailTakenError} @throws {PhoneTakenError} @throws {WeakPasswordError} @throws {NotEnabledError}
 * @throws {MetadataTooLargeError} @throws {SignupDisabledError} @throws {RateLimitedError}
 */
export async function signUp(
  needs: { auth: AuthBackend; attempts: AttemptLimiter; client: Client },
  input: ContactInput & { password: string; profile?: ProfileInput | null | undefined },
): Promise<Session | ConfirmationSent> {
  const [contact, userMetadata] = allValid(
    () => parseContact(input),
    () => metadataFromProfile(input.profile ?? {}, ['profile']),
  );
  assertMetadataFits({}, userMetadata);
  await countAttempt(needs, 'signup');
  const session = await needs.auth.signUp({ ...contact, password: input.password, userMetadata });
  if (session) return session;
  await pauseMessages(needs, contact);
  return confirmationSent(contact);
}

export const confirmationSent = (contact: Contact): ConfirmationSent =>
  'email' in contact ? { confirmationSentTo: contact.email } : { confirmationTextSentTo: contact.phone };
