/** The one notion of a session whose person has just shown who they are. */

/**
 * As access tokens name them (`amr`). Neither `anonymous`, nor a session that somebody else began, nor that tokens were renewed. No second factor and no
 * passkey either: whoever has borrowed a session may have added one of their own, as the protocol lets them, and shows that. Nor the code of a change of
 * address or number (`email_change`), which goes to where they say.
 */
const SHOWS_WHO: ReadonlySet<string> = new Set([
  'password',
  'otp',
  'oauth',
  'magiclink',
  'recovery',
  'email/signup',
  'invite',
  'sso/saml',
  'web3',
]);

/**
 * What shows it where factors and passkeys are added and taken away: these themselves too, since whoever can show one of their own has been past this
 * question already.
 */
export const SHOWS_WHO_FOR_FACTORS: ReadonlySet<string> = new Set([
  ...SHOWS_WHO,
  'totp',
  'mfa/recovery_code',
  'mfa/phone',
  'mfa/webauthn',
  'passkey',
]);

/** How long what was shown stands for a password. Long enough to think of a new one. */
const JUST_MS = 15 * 60_000;

/**
 * Whether the person of a session has shown within the last 15 minutes who they are. A session's methods outlive its tokens, and a refresh
 * is none of them: so what counts is when they were shown, and not when the token was issued.
 *
 * @param shown as access tokens have them (`amr`), in seconds since 1970
 * @param counts the methods that do
 */
export function hasJustShown(
  shown: readonly { method: string; timestamp: number }[],
  now: Date,
  counts: ReadonlySet<string> = SHOWS_WHO,
): boolean {
  return shown.some(
    ({ method, timestamp }) => counts.has(method) && now.getTime() - timestamp * 1000 < JUST_MS,
  );
}
