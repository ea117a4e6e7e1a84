/** `limen.sign_in_challenges`: sign-ins that wait for a second factor. */
import type { Clock } from '../../../identity/clock.ts';
import type { ClaimedChallenge, SignInChallengeStore } from '../../../identity/sign-in/sign-in-challenge.ts';
import type { Database } from '../database.ts';

const LIFE_MS = 5 * 60 * 1000;
const MAX_ATTEMPTS = 5;
/** Longer than an auth server is waited for: an instance that died with a challenge in hand holds it no longer. */
const BUSY_SECONDS = 60;
/** Of those that nobody answered, how many a new one takes away. */
const SWEEP = 20;

/**
 * @param ownsSessions whether the sessions of challenges that nobody answered can be ended here. Elsewhere they end with the next sign-in that
 * is finished, as all below aal2 do; nobody has their tokens.
 */
export function createSignInChallenges(
  database: Database,
  clock: Clock,
  { ownsSessions }: { ownsSessions: boolean },
): SignInChallengeStore {
  const ended = `, ended as (
         delete from auth.sessions using over where sessions.id = over.session_id and coalesce(aal, 'aal1') = 'aal1'
       )`;

  return {
    async create({ idHash, userId, sessionId, sealed }, latest) {
      const now = clock();
      const expiresAt = new Date(Math.min(now.getTime() + LIFE_MS, latest.getTime()));
      await database.query(
        `with over as (
           delete from limen.sign_in_challenges where id_hash in (
             select id_hash from limen.sign_in_challenges where expires_at <= $5 limit ${SWEEP} for update skip locked
           ) returning session_id
         )${ownsSessions ? ended : ''}
         insert into limen.sign_in_challenges (id_hash, user_id, session_id, sealed, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6)`,
        [idHash, userId, sessionId, sealed, now, expiresAt],
      );
      return expiresAt;
    },

    async claim(idHash) {
      const now = clock();
      const [claimed] = await database.query<ClaimedChallenge>(
        `update limen.sign_in_challenges
         set attempts = attempts + 1, busy_until = $2::timestamptz + make_interval(secs => $3)
         where id_hash = $1 and expires_at > $2 and attempts < $4 and (busy_until is null or busy_until <= $2)
         returning user_id as "userId", sealed, $4 - attempts as "attemptsLeft"`,
        [idHash, now, BUSY_SECONDS, MAX_ATTEMPTS],
      );
      if (claimed) return claimed;
      const busy = await database.query(
        'select 1 from limen.sign_in_challenges where id_hash = $1 and expires_at > $2 and busy_until > $2',
        [idHash, now],
      );
      return busy.length > 0 ? 'busy' : null;
    },

    async release(idHash) {
      await database.query('update limen.sign_in_challenges set busy_until = null where id_hash = $1', [
        idHash,
      ]);
    },

    async remove(idHash) {
      await database.query('delete from limen.sign_in_challenges where id_hash = $1', [idHash]);
    },
  };
}
