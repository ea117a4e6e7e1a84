/** Rows of `auth.webauthn_credentials`, each of which is somebody's passkey. */
import { randomUUID } from 'node:crypto';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { FULL_USER_COLUMNS, type FullUserRow } from '../users/user-row.ts';
import type { VerifiedAssertion, VerifiedCredential } from './relying-party.ts';

export interface PasskeyRow {
  id: string;
  user_id: string;
  credential_id: Uint8Array<ArrayBuffer>;
  transports: string[];
  backup_eligible: boolean;
  backed_up: boolean;
  friendly_name: string;
  created_at: Date;
  last_used_at: Date | null;
}

const COLUMNS = `webauthn_credentials.id, webauthn_credentials.user_id, credential_id, transports, backup_eligible,
  backed_up, friendly_name, webauthn_credentials.created_at, last_used_at`;

/** Supabase Auth's answer, and beside it what its newer versions say of a passkey that was just made. */
export const passkeyJson = (passkey: PasskeyRow) => ({
  id: passkey.id,
  friendly_name: passkey.friendly_name || undefined,
  created_at: passkey.created_at,
  last_used_at: passkey.last_used_at ?? undefined,
  backup_eligible: passkey.backup_eligible,
  backed_up: passkey.backed_up,
  transports: passkey.transports,
});

/** The oldest first. */
export async function passkeysOf(database: Queryable, userId: string): Promise<PasskeyRow[]> {
  return database.query<PasskeyRow>(
    `select ${COLUMNS} from auth.webauthn_credentials where user_id = $1 order by created_at, id`,
    [userId],
  );
}

/** Undefined when somebody, anybody, has the credential already. */
export async function insertPasskey(
  tx: Queryable,
  userId: string,
  credential: VerifiedCredential,
  now: Date,
): Promise<PasskeyRow | undefined> {
  const [passkey] = await tx.query<PasskeyRow>(
    `insert into auth.webauthn_credentials (id, user_id, credential_id, public_key, attestation_type, aaguid, sign_count,
       transports, backup_eligible, backed_up, friendly_name, created_at, updated_at)
     values ($1, $2, $3, $4, 'none', $5, $6, $7::jsonb, $8, $9, '', $10, $10)
     on conflict (credential_id) do nothing
     returning ${COLUMNS}`,
    [
      randomUUID(),
      userId,
      credential.id,
      credential.publicKey,
      credential.aaguid,
      credential.signCount,
      JSON.stringify(credential.transports),
      credential.isBackupEligible,
      credential.isBackedUp,
      now,
    ],
  );
  return passkey;
}

/** A passkey with its person, as one statement finds them. */
export interface PasskeyOwner extends FullUserRow {
  passkey_id: string;
  public_key: Uint8Array<ArrayBuffer>;
  backup_eligible: boolean;
}

/** Undefined for a credential of nobody, and for one of somebody deleted. */
export async function findPasskeyOwner(
  database: Queryable,
  credentialId: Uint8Array,
): Promise<PasskeyOwner | undefined> {
  const [owner] = await database.query<PasskeyOwner>(
    `select ${FULL_USER_COLUMNS}, webauthn_credentials.id as passkey_id, public_key, backup_eligible
     from auth.webauthn_credentials join auth.users on users.id = webauthn_credentials.user_id
     where credential_id = $1 and deleted_at is null`,
    [credentialId],
  );
  return owner;
}

/**
 * Notes a use. False when the authenticator counts and has not counted on, or when the passkey is gone: the counter is compared where it
 * is stored, so that of two copies of one key that sign in at the same moment one is found out. An authenticator that does not count says 0
 * for ever (WebAuthn, section 6.1.1).
 */
export async function markUsed(
  tx: Queryable,
  passkeyId: string,
  { signCount, isBackedUp }: VerifiedAssertion,
  now: Date,
): Promise<boolean> {
  const marked = await tx.query(
    `update auth.webauthn_credentials
     set sign_count = $2, backed_up = $3, last_used_at = $4, updated_at = $4
     where id = $1 and (sign_count < $2 or (sign_count = 0 and $2 = 0))
     returning id`,
    [passkeyId, signCount, isBackedUp, now],
  );
  return marked.length > 0;
}

/** Undefined when the person has no such passkey. */
export async function renamePasskey(
  database: Queryable,
  { id, userId, name, now }: { id: string; userId: string; name: string; now: Date },
): Promise<PasskeyRow | undefined> {
  const [passkey] = await database.query<PasskeyRow>(
    `update auth.webauthn_credentials set friendly_name = $3, updated_at = $4 where id = $1 and user_id = $2
     returning ${COLUMNS}`,
    [id, userId, name, now],
  );
  return passkey;
}

/** Undefined when the person has no such passkey. */
export async function deletePasskey(
  tx: Queryable,
  { id, userId }: { id: string; userId: string },
): Promise<PasskeyRow | undefined> {
  const [passkey] = await tx.query<PasskeyRow>(
    `delete from auth.webauthn_credentials where id = $1 and user_id = $2 returning ${COLUMNS}`,
    [id, userId],
  );
  return passkey;
}
