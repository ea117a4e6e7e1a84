import { randomBytes } from 'node:crypto';
import type { AuthBackend } from '../auth-backend.ts';
import { parseEmailAddress } from '../email-address.ts';
import { ADMIN, type Exclusively } from '../role.ts';

/** In clear for the one time it is shown; only its hash is stored. */
export interface NewAdministrator {
  readonly email: string;
  readonly password: string;
}

const EMAIL = 'admin@limen.local';

/** Makes an administrator where nobody has an account yet; null where somebody has. */
export async function createFirstAdmin({
  auth,
  exclusively,
}: {
  auth: AuthBackend;
  exclusively: Exclusively;
}): Promise<NewAdministrator | null> {
  return exclusively('first-admin', async () => {
    if (await auth.hasAnyAccount()) return null;
    return createAdmin({ auth }, EMAIL);
  });
}

/** A new account with the role `admin`. @throws {ValidationError} @throws {EmailTakenError} */
export async function createAdmin(
  { auth }: { auth: AuthBackend },
  address: string,
): Promise<NewAdministrator> {
  const email = parseEmailAddress(address);
  const password = randomBytes(15).toString('base64url');
  await auth.users.create({
    email,
    phone: null,
    password,
    isConfirmed: true,
    userMetadata: {},
    appMetadata: { roles: [ADMIN] },
  });
  return { email, password };
}
