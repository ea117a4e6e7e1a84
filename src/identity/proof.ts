/** What shows that it is the person who asks, and not somebody who has borrowed their session. */
import type { Account } from './account.ts';
import { type AttemptLimiter, tryCredential } from './attempts.ts';
import type { Client } from './client.ts';
import type { Clock } from './clock.ts';
import { type Contact, contactOf, contactText, guessedAs } from './contact.ts';
import { DeniedError } from './denial.ts';
import { InvalidCredentialsError, ReauthenticationRequiredError, ValidationError } from './errors.ts';
import { hasJustShown } from './just-shown.ts';
import { parseNonce } from './sign-in/shown-code.ts';
import { isStorable } from './text.ts';
import type { Person } from './viewer.ts';

/** One of the two, or neither. */
export interface ProofInput {
  currentPassword?: string | null | undefined;
  /** The code of `requestReauthentication`. */
  nonce?: string | null | undefined;
}

/** For the auth server, which looks at it and, for a code, uses it up. */
export type Proof = { readonly userId: string } & (
  | { readonly contact: Contact | null; readonly password: string }
  | { readonly contact: Contact; readonly code: string }
);

export interface ProofNeeds {
  auth: { findOwnAccount(accessToken: string): Promise<Account | null> };
  attempts: AttemptLimiter;
  client: Client;
  clock: Clock;
}

/**
 * Does what the session alone is not enough for: with the current password, a code by mail or text message, or a session in which the person has just shown
 * who they are. Somebody anonymous has none of them, nor anything to lose to whoever has the session.
 *
 * @param counts the methods that show who they are, where they are others than usual
 * @throws {ReauthenticationRequiredError} @throws {ValidationError} both are given, or a code by somebody with no address or number
 * @throws {RateLimitedError} @throws {DeniedError} when the session is over, and whatever `work` does
 */
export async function provingWhoAsks<Result>(
  needs: ProofNeeds,
  viewer: Person,
  input: ProofInput,
  work: (proof: Proof | null) => Promise<Result>,
  counts?: ReadonlySet<string>,
): Promise<Result> {
  const { id: userId } = viewer.account;
  const { currentPassword: password, nonce } = input;
  assertOneProof(input);
  if (password != null) {
    return tryCredential(needs, 'password', guessedAs(viewer.account), async () => {
      // Nobody's: a new one like it is refused, and it would fit into no header.
      if (!isStorable(password)) throw new InvalidCredentialsError();
      return work({ userId, contact: contactOf(viewer.account), password });
    });
  }
  if (nonce != null) {
    const contact = contactForCode(viewer);
    const code = parseNonce(nonce);
    return tryCredential(needs, 'verify', contactText(contact), () => work({ userId, contact, code }));
  }
  const isEnough = hasJustShown(viewer.methods, needs.clock(), counts) || (await isAnonymous(needs, viewer));
  if (!isEnough) throw new ReauthenticationRequiredError();
  return work(null);
}

/** A token may be from before they became somebody, who has something to lose: so the account is asked, and not the token alone. */
async function isAnonymous({ auth }: ProofNeeds, { account, accessToken }: Person): Promise<boolean> {
  if (!account.isAnonymous) return false;
  const current = await auth.findOwnAccount(accessToken);
  if (!current) throw new DeniedError('UNAUTHENTICATED');
  return current.isAnonymous;
}

/** @throws {ValidationError} */
export function assertOneProof({ currentPassword, nonce }: ProofInput): void {
  if (currentPassword == null || nonce == null) return;
  const message = 'Give `currentPassword` or `nonce`, not both.';
  throw new ValidationError([{ path: [], code: 'CHOOSE_ONE', message }]);
}

/** Where a code of `requestReauthentication` goes. @throws {ValidationError} for somebody anonymous */
export function contactForCode({ account }: Person): Contact {
  const contact = contactOf(account);
  if (contact) return contact;
  const message = 'The account has no e-mail address or phone number that a code could go to.';
  throw new ValidationError([{ path: [], code: 'NOT_ACCEPTED', message }]);
}
