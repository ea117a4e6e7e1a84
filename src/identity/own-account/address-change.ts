/** A person changes the address or the number they are reached by. What proves it is the new one's own code, and the old one's. */
import type { Account } from '../account.ts';
import { type AttemptLimiter, countAttempt, emailChangesOf, tryCredential } from '../attempts.ts';
import type { AuthBackend } from '../auth-backend.ts';
import { type ChangeLog, changing } from '../changes.ts';
import type { Client } from '../client.ts';
import type { Clock } from '../clock.ts';
import { parseEmailAddress } from '../email-address.ts';
import { parsePhoneNumber } from '../phone-number.ts';
import { type ProofInput, provingWhoAsks } from '../proof.ts';
import { parseCode, parseShownCode, type ShownCodeInput, tryCode } from '../sign-in/shown-code.ts';
import { finishSignIn, type SignedIn } from '../sign-in/sign-in.ts';
import type { Person } from '../viewer.ts';

interface Needs {
  auth: AuthBackend;
  attempts: AttemptLimiter;
  changes: ChangeLog;
  client: Client;
  clock: Clock;
}

/** To be confirmed before it holds; until then the account is as it was. */
export interface EmailChangeRequested {
  readonly requestedEmail: string;
}

export interface PhoneChangeRequested {
  readonly requestedPhone: string;
}

/** The other address has to confirm too. */
export interface EmailChangeHalfConfirmed {
  readonly awaitsOtherAddress: true;
}

/**
 * Asks who it is (see `provingWhoAsks`), so that a borrowed session cannot take the account over.
 * @throws {ValidationError} @throws {InvalidCredentialsError} @throws {InvalidCodeError} @throws {ReauthenticationRequiredError}
 * @throws {EmailTakenError} @throws {ManagedElsewhereError} @throws {RateLimitedError}
 */
export async function changeEmail(
  needs: Needs,
  viewer: Person,
  input: ProofInput & { email: string; redirectTo?: string | null | undefined },
): Promise<Account | EmailChangeRequested> {
  const email = parseEmailAddress(input.email);
  // Whether it is taken is told, so asking is limited as at the sign-up; and nobody's mailbox is filled.
  await countAttempt(needs, 'signup');
  await countAttempt(needs, 'mail', email);
  await countAttempt(needs, 'mail', emailChangesOf(viewer.account.id));
  const redirectTo = input.redirectTo ?? null;
  const account = await provingWhoAsks(needs, viewer, input, (proof) =>
    changing(needs.changes, viewer.account.id, () =>
      needs.auth.addresses.changeEmail(viewer.accessToken, { email, redirectTo, proof }),
    ),
  );
  return account.email === email ? account : { requestedEmail: email };
}

/** As `changeEmail`, for the number. @throws {PhoneTakenError} @throws {NotEnabledError} and what `changeEmail` does */
export async function changePhone(
  needs: Needs,
  viewer: Person,
  input: ProofInput & { phone: string },
): Promise<Account | PhoneChangeRequested> {
  const phone = parsePhoneNumber(input.phone);
  await countAttempt(needs, 'signup');
  await countAttempt(needs, 'sms', phone);
  const account = await provingWhoAsks(needs, viewer, input, (proof) =>
    changing(needs.changes, viewer.account.id, () =>
      needs.auth.addresses.changePhone(viewer.accessToken, { phone, proof }),
    ),
  );
  return account.phone === phone ? account : { requestedPhone: phone };
}

/**
 * Whoever opens the mail signs in by it: the link is good in any browser.
 * @throws {InvalidCodeError} @throws {EmailTakenError} somebody else took the address meanwhile @throws {RateLimitedError}
 */
export async function verifyEmailChange(
  needs: Needs,
  input: ShownCodeInput,
): Promise<SignedIn | EmailChangeHalfConfirmed> {
  const shown = parseShownCode(input);
  const session = await tryCode(needs, shown, () => needs.auth.addresses.confirmEmailChange(shown));
  if (!session) return { awaitsOtherAddress: true };
  needs.changes.userChanged(session.account.id);
  return finishSignIn(needs, session);
}

/** @throws {InvalidCodeError} @throws {PhoneTakenError} @throws {RateLimitedError} */
export async function verifyPhoneChange(
  needs: Needs,
  input: { phone: string; code: string },
): Promise<SignedIn> {
  const phone = parsePhoneNumber(input.phone);
  const code = parseCode(input.code);
  const session = await tryCredential(needs, 'verify', phone, () =>
    needs.auth.addresses.confirmPhoneChange({ phone, code }),
  );
  needs.changes.userChanged(session.account.id);
  return finishSignIn(needs, session);
}
