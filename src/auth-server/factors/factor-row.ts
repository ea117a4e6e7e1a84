/** Rows of `auth.mfa_factors`: how a TOTP factor begins, is challenged, and goes. */
import { randomUUID } from 'node:crypto';
import { type Database, type Queryable, UNIQUE_VIOLATION } from '../../adapters/postgres/database.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { lowerSessions, METHOD_OF_FACTOR } from '../sessions/raised-session.ts';
import { inetOf } from '../sessions/session-row.ts';
import type { FactorRow } from '../users/user-row.ts';

/** An enrolment nobody finished: after so long it stands in nobody's way any more. */
const UNVERIFIED_SECONDS = 300;
/** Challenges are kept for a day, for whoever looks into what happened. */
const CHALLENGE_KEPT_SECONDS = 86_400;

export const factorNotFound = () => new ProtocolError(404, 'mfa_factor_not_found', 'Factor not found');

export const nameConflict = () =>
  new ProtocolError(
    422,
    'mfa_factor_name_conflict',
    'A factor with this friendly name exists for this user already',
  );

/**
 * Expects the lock of `lockPerson`. Two factors without a name conflict as well: that is the protocol.
 * @throws {ProtocolError} 422 mfa_factor_name_conflict, too_many_enrolled_mfa_factors
 */
export async function insertTotpFactor(
  tx: Queryable,
  {
    userId,
    name,
    secret,
    max,
    now,
  }: { userId: string; name: string; secret: string; max: number; now: Date },
): Promise<string> {
  await tx.query(
    `delete from auth.mfa_factors
     where user_id = $1 and status = 'unverified' and created_at < $2::timestamptz - make_interval(secs => $3)`,
    [userId, now, UNVERIFIED_SECONDS],
  );
  const names = await tx.query<{ name: string | null }>(
    `select friendly_name as name from auth.mfa_factors where user_id = $1
     union all select friendly_name from limen.recovery_code_sets where user_id = $1`,
    [userId],
  );
  if (names.length >= max) {
    throw new ProtocolError(
      422,
      'too_many_enrolled_mfa_factors',
      'Maximum number of factors reached, unenroll one to continue',
    );
  }
  if (names.some((other) => (other.name ?? '') === name)) throw nameConflict();
  const id = randomUUID();
  await tx.query(
    `insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at, updated_at, secret)
     values ($1, $2, $3, 'totp', 'unverified', $4, $4, $5)`,
    [id, userId, name, now, secret],
  );
  return id;
}

const MAX_ROUNDS = 5;

/**
 * The id of a new challenge, null when the person has no such factor. The time of the last challenge is unique over all factors of all
 * people, an accident of Supabase Auth's schema: so it is written with a microsecond by chance, and again if that is taken.
 */
export async function challengeFactor(
  database: Database,
  { userId, factorId, address, now }: { userId: string; factorId: string; address: string; now: Date },
): Promise<{ id: string; factorType: string } | null> {
  const id = randomUUID();
  for (let round = 1; ; round += 1) {
    try {
      const [challenged] = await database.query<{ factor_type: string }>(
        `with challenged as (
           update auth.mfa_factors set last_challenged_at = $3::timestamptz - random() * interval '1 second'
           where id = $1 and user_id = $2 and factor_type = 'totp' returning id, factor_type
         ), old as (
           delete from auth.mfa_challenges using challenged
           where factor_id = challenged.id and mfa_challenges.created_at < $3::timestamptz - make_interval(secs => $6)
         ), new as (
           insert into auth.mfa_challenges (id, factor_id, created_at, ip_address, otp_code)
           select $4, id, $3, $5, '' from challenged
         )
         select factor_type::text from challenged`,
        [factorId, userId, now, id, addressOf(address), CHALLENGE_KEPT_SECONDS],
      );
      return challenged ? { id, factorType: challenged.factor_type } : null;
    } catch (error) {
      const { code, constraint } = error as { code?: string; constraint?: string };
      const isAccident = code === UNIQUE_VIOLATION && constraint === 'mfa_factors_last_challenged_at_key';
      if (!isAccident || round === MAX_ROUNDS) throw error;
    }
  }
}

/** The column takes no null. A client whose address is none is one and the same for every challenge. */
export const addressOf = (address: string) => inetOf(address) ?? '0.0.0.0';

export interface TotpFactorRow {
  status: 'unverified' | 'verified';
  secret: string;
  /** Null where the factor has no such challenge. */
  challenged_at: Date | null;
  verified_at: Date | null;
  is_same_address: boolean | null;
}

/** A factor of the person with one of its challenges. Undefined where they have no such factor. */
export async function findChallengedFactor(
  database: Queryable,
  {
    userId,
    factorId,
    challengeId,
    address,
  }: { userId: string; factorId: string; challengeId: string; address: string },
): Promise<TotpFactorRow | undefined> {
  const [factor] = await database.query<TotpFactorRow>(
    `select status::text, coalesce(secret, '') as secret, mfa_challenges.created_at as challenged_at, verified_at,
       ip_address = $4::inet as is_same_address
     from auth.mfa_factors left join auth.mfa_challenges on factor_id = mfa_factors.id and mfa_challenges.id = $3
     where mfa_factors.id = $1 and user_id = $2 and factor_type = 'totp'`,
    [factorId, userId, challengeId, addressOf(address)],
  );
  return factor;
}

/** Of all apps that count, the oldest first. */
export async function findTotpSecrets(
  database: Queryable,
  userId: string,
): Promise<{ id: string; secret: string }[]> {
  return database.query<{ id: string; secret: string }>(
    `select id, coalesce(secret, '') as secret from auth.mfa_factors
     where user_id = $1 and factor_type = 'totp' and status = 'verified' order by created_at, id`,
    [userId],
  );
}

const COLUMNS =
  'id, created_at, updated_at, status::text, friendly_name, factor_type::text, phone, last_challenged_at';

/** Undefined where the person has no such factor. @throws {ProtocolError} 422 mfa_factor_name_conflict */
export async function renameFactor(
  database: Queryable,
  { userId, factorId, name, now }: { userId: string; factorId: string; name: string; now: Date },
): Promise<FactorRow | undefined> {
  try {
    const [renamed] = await database.query<FactorRow>(
      `update auth.mfa_factors set friendly_name = $3, updated_at = $4 where id = $1 and user_id = $2
       returning ${COLUMNS}`,
      [factorId, userId, name, now],
    );
    return renamed;
  } catch (error) {
    if ((error as { code?: string }).code === UNIQUE_VIOLATION) throw nameConflict();
    throw error;
  }
}

/** Deletes a factor and takes back what it raised. Expects the lock of `lockPerson`. Undefined where the person has no such factor. */
export async function deleteFactor(
  tx: Queryable,
  { userId, factorId, now }: { userId: string; factorId: string; now: Date },
): Promise<FactorRow | undefined> {
  const [gone] = await tx.query<FactorRow>(
    `delete from auth.mfa_factors where id = $1 and user_id = $2 returning ${COLUMNS}`,
    [factorId, userId],
  );
  if (!gone) return undefined;
  await tx.query('delete from limen.totp_steps where factor_id = $1', [factorId]);
  const method =
    METHOD_OF_FACTOR[gone.factor_type as keyof typeof METHOD_OF_FACTOR] ?? `mfa/${gone.factor_type}`;
  await lowerSessions(tx, { userId, factorId, method, now });
  return gone;
}
