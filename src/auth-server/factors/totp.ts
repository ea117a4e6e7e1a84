/** Time-based one-time passwords (RFC 6238) as authenticator apps expect them: SHA-1, six digits, 30 seconds. */
import { Secret, TOTP } from 'otpauth';
import { renderSVG } from 'uqr';

const PARAMETERS = { algorithm: 'SHA1', digits: 6, period: 30 };
/** As long as what SHA-1 gives: RFC 4226, section 4, recommends it. */
const SECRET_BYTES = 20;
/** How many steps a person's clock, or their typing, may be off, either way. */
const TOLERANCE = 1;

/** In base32, as `mfa_factors.secret` and apps have it. */
export const newTotpSecret = () => new Secret({ size: SECRET_BYTES }).base32;

/** What an app is shown: as a link, and as a QR code, which is an SVG of plain squares. */
export function totpPresentation(
  secret: string,
  { issuer, label }: { issuer: string; label: string },
): { uri: string; qrCode: string } {
  // The colon stands between issuer and label: neither may bring one along.
  const named = { issuer: issuer.replaceAll(':', ' '), label: label.replaceAll(':', ' ') };
  const uri = new TOTP({ ...PARAMETERS, ...named, secret }).toString();
  return { uri, qrCode: renderSVG(uri, { border: 4 }) };
}

/** Of which step the code is, counted in periods since 1970; null when it is of none near `now`, or the secret is none. */
export function stepOfCode(secret: string, code: string, now: Date): number | null {
  if (!/^\d{6}$/.test(code)) return null;
  const timestamp = now.getTime();
  try {
    const totp = new TOTP({ ...PARAMETERS, secret });
    const delta = totp.validate({ token: code, timestamp, window: TOLERANCE });
    return delta === null ? null : totp.counter({ timestamp }) + delta;
  } catch {
    // Supabase Auth can encrypt secrets with a key of its own: such a one is JSON.
    return null;
  }
}
