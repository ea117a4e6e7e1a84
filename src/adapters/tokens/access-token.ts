import { SignJWT } from 'jose';
import { inOrder } from './claims.ts';
import type { SigningKeys } from './signing-keys.ts';

/** Signs with the key whose turn it is. The claims are taken as they are; `undefined` ones are left out. */
export async function signAccessToken(keys: Pick<SigningKeys, 'current'>, claims: object): Promise<string> {
  const { alg, kid, key } = await keys.current();
  return new SignJWT(inOrder(claims))
    .setProtectedHeader({ alg, typ: 'JWT', ...(kid !== undefined && { kid }) })
    .sign(key);
}
