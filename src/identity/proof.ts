/** What shows that it is the person who asks, and not somebody who has borrowed their session. */
import { type AttemptLimiter, tryCredential } from './attempts.ts';
import type { Client } from './client.ts';
import type { Clock } from './clock.ts';
import { ReauthenticationRequiredError, ValidationError } from './errors.ts';
import { hasJustShown } from './just-shown.ts';
import { parseNonce } from './shown-code.ts';
import type { Person } from './viewer.ts';

/** One of the two, or neither. */
export interface ProofInput {
  currentPassword?: string | null | undefined;
  /** The code of `requestReauthentication`. */
  nonce?: string | null | undefined;
}

/** For the auth server, which looks at it and, for a code, uses it up. */
export type Proof = { readonly userId: string } & (
  | { readonly email: string | null; readonly password: string }
  | { readonly email: string; readonly code: string }
);

interface Needs {
  attempts: AttemptLimiter;
  client: Client;
  clock: Clock;
}

/**
 * Does what the session alone is not enough for: with the current password, a code by mail, or a session in which the person has just shown
 * who they are. Somebody anonymous has none of them, nor anything to lose to whoever has the session.
 *
 * @throws {ReauthenticationRequiredError} @throws {ValidationError} both are given, or a code by somebody without an address
 * @throws {RateLimitedError} and whatever `work` does
 */
export async function provingWhoAsks<Result>(
  needs: Needs,
  viewer: Person,
  input: ProofInput,
  work: (proof: Proof | null) => Promise<Result>,
): Promise<Result> {
  const { id: userId, email, isAnonymous } = viewer.account;
  const { currentPassword: password, nonce } = input;
  assertOneProof(input);
  if (password != null) {
    return tryCredential(needs, 'password', email ?? userId, () => work({ userId, email, password }));
  }
  if (nonce != null) {
    const address = addressForCode(viewer);
    const code = parseNonce(nonce);
    return tryCredential(needs, 'verify', address, () => work({ userId, email: address, code }));
  }
  if (!isAnonymous && !hasJustShown(viewer.methods, needs.clock())) throw new ReauthenticationRequiredError();
  return work(null);
}

/** @throws {ValidationError} */
export function assertOneProof({ currentPassword, nonce }: ProofInput): void {
  if (currentPassword == null || nonce == null) return;
  const message = 'Give `currentPassword` or `nonce`, not both.';
  throw new ValidationError([{ path: [], code: 'CHOOSE_ONE', message }]);
}

/** Where a code of `requestReauthentication` goes. @throws {ValidationError} for somebody without an address */
export function addressForCode({ account }: Person): string {
  if (account.email) return account.email;
  const message = 'The account has no e-mail address that a code could go to.';
  throw new ValidationError([{ path: [], code: 'NOT_ACCEPTED', message }]);
}
