/** Rows of `limen.recovery_code_sets` and `limen.recovery_codes`: a set is a factor of its person, who has one at most. */
import { randomUUID } from 'node:crypto';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { lowerSessions, METHOD_OF_FACTOR } from '../sessions/raised-session.ts';
import { nameConflict } from './factor-row.ts';
import { hashRecoveryCode, newRecoveryCodes } from './recovery-code.ts';

export interface RecoveryCodeSet {
  id: string;
  friendly_name: string;
  total: number;
  remaining: number;
}

export const soleFactor = () =>
  new ProtocolError(
    422,
    'mfa_recovery_codes_sole_factor',
    'Recovery codes cannot be the only factor: enroll another one first, or delete the codes',
  );

export async function findRecoveryCodes(
  database: Queryable,
  userId: string,
): Promise<RecoveryCodeSet | undefined> {
  const [set] = await database.query<RecoveryCodeSet>(
    `select id, friendly_name, count(code_hash)::int as total,
       (count(code_hash) filter (where used_at is null))::int as remaining
     from limen.recovery_code_sets left join limen.recovery_codes on set_id = id
     where user_id = $1 group by id, friendly_name`,
    [userId],
  );
  return set;
}

/** Whether the person has recovery codes and no other factor that counts. */
export async function hasOnlyRecoveryCodes(database: Queryable, userId: string): Promise<boolean> {
  const found = await database.query(
    `select 1 from limen.recovery_code_sets where user_id = $1
       and not exists (select from auth.mfa_factors where user_id = $1 and status = 'verified')`,
    [userId],
  );
  return found.length > 0;
}

/**
 * Expects the lock of `lockPerson`.
 * @throws {ProtocolError} 422 mfa_verified_factor_exists, mfa_factor_name_conflict
 */
export async function insertRecoveryCodeSet(
  tx: Queryable,
  { userId, name, now }: { userId: string; name: string; now: Date },
): Promise<string> {
  const namesakes = await tx.query(
    'select 1 from auth.mfa_factors where user_id = $1 and friendly_name = $2',
    [userId, name],
  );
  if (namesakes.length > 0) throw nameConflict();
  const id = randomUUID();
  const inserted = await tx.query(
    `insert into limen.recovery_code_sets (user_id, id, friendly_name, created_at, updated_at)
     values ($1, $2, $3, $4, $4) on conflict (user_id) do nothing returning id`,
    [userId, id, name, now],
  );
  if (inserted.length > 0) return id;
  throw new ProtocolError(
    422,
    'mfa_verified_factor_exists',
    'Recovery codes exist for this user already: regenerate them instead',
  );
}

/** Puts ten new codes in the place of those there were, and answers them: nothing else knows them. */
export async function replaceRecoveryCodes(
  tx: Queryable,
  { userId, setId }: { userId: string; setId: string },
): Promise<string[]> {
  const codes = newRecoveryCodes();
  await tx.query('delete from limen.recovery_codes where set_id = $1', [setId]);
  await tx.query('insert into limen.recovery_codes (set_id, code_hash) select $1, unnest($2::text[])', [
    setId,
    codes.map((code) => hashRecoveryCode(userId, code)),
  ]);
  return codes;
}

/** The set a code would be of, and whether it is one; undefined for somebody without codes. Says nothing of a moment later. */
export async function lookUpRecoveryCode(
  database: Queryable,
  { userId, code }: { userId: string; code: string },
): Promise<{ setId: string; isRight: boolean } | undefined> {
  const [found] = await database.query<{ setId: string; isRight: boolean }>(
    `select id as "setId", exists (
       select from limen.recovery_codes where set_id = id and code_hash = $2 and used_at is null
     ) as "isRight"
     from limen.recovery_code_sets where user_id = $1`,
    [userId, hashRecoveryCode(userId, code)],
  );
  return found;
}

/** Uses a code up. The id of its set; undefined for a code that is none of the person's, or was used before. */
export async function useRecoveryCode(
  tx: Queryable,
  { userId, code, now }: { userId: string; code: string; now: Date },
): Promise<string | undefined> {
  const [used] = await tx.query<{ set_id: string }>(
    `update limen.recovery_codes set used_at = $3
     from limen.recovery_code_sets
     where recovery_code_sets.id = set_id and user_id = $1 and code_hash = $2 and used_at is null
     returning set_id`,
    [userId, hashRecoveryCode(userId, code), now],
  );
  return used?.set_id;
}

/** With what they raised. Expects the lock of `lockPerson`. The id of the set; undefined where there was none. */
export async function deleteRecoveryCodes(
  tx: Queryable,
  { userId, now }: { userId: string; now: Date },
): Promise<string | undefined> {
  const [gone] = await tx.query<{ id: string }>(
    'delete from limen.recovery_code_sets where user_id = $1 returning id',
    [userId],
  );
  if (!gone) return undefined;
  await lowerSessions(tx, { userId, factorId: gone.id, method: METHOD_OF_FACTOR.recovery_code, now });
  return gone.id;
}
