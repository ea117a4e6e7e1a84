/** Apple's client secret: a token that the developer signs, good for half a year at most; here a new one every few minutes. */
import { importPKCS8, SignJWT } from 'jose';

const TTL_SECONDS = 300;
const AUDIENCE = 'https://appleid.apple.com';

export interface AppleKey {
  teamId: string;
  keyId: string;
  /** PKCS#8, as Apple's `.p8` file has it. */
  privateKey: string;
}

export async function signAppleSecret(
  { teamId, keyId, privateKey }: AppleKey,
  clientId: string,
): Promise<string> {
  const key = await importPKCS8(privateKey.replaceAll('\\n', '\n'), 'ES256');
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: keyId })
    .setIssuer(teamId)
    .setSubject(clientId)
    .setAudience(AUDIENCE)
    .setIssuedAt(now)
    .setExpirationTime(now + TTL_SECONDS)
    .sign(key);
}
