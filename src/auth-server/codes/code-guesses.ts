/**
 * Wrong codes, counted by the address they were tried for, whether or not anybody has it: a code of six digits must not be found by trying.
 * It is dead after a few of them, and its link still works; the next code starts anew. Where several codes would do, a guess is one at each
 * of them, and counts as many times. How many codes an hour that can be is for the limits to say.
 */
import { createHash } from 'node:crypto';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { type Accepted, PURPOSE } from './one-time-token.ts';

const MAX_GUESSES = 10;

/** How many forgotten rows one guess takes along, so that strangers' guesses at no one's addresses do not pile up. */
const SWEPT_AT_ONCE = 20;

/**
 * Counts a guess before it is looked at, in one statement, so that many at once count too. False when it is one too many.
 * @param address an e-mail address or phone number, as the code was hashed with
 * @param accepted the codes it may hit. Of several people with the address, as where they want to change to it, each has one.
 */
export async function mayGuess(
  database: Queryable,
  address: string,
  { types, purposes, sentAfter }: Accepted,
  now: Date,
  codeTtlSeconds: number,
): Promise<boolean> {
  const [counted] = await database.query<{ guesses: number }>(
    `with swept as (
       delete from limen.code_guesses where address_hash in (
         select address_hash from limen.code_guesses where ends_at <= $2 and address_hash <> $1
         limit ${SWEPT_AT_ONCE} for update skip locked)
     ), codes as (
       select count(*)::int as count from auth.one_time_tokens
       where relates_to = $4 and token_type = any($5::text[]::auth.one_time_token_type[])
         and ${PURPOSE} = any($6) and created_at > $7::timestamptz at time zone 'UTC'
     )
     insert into limen.code_guesses as counted (address_hash, guesses, ends_at)
     select $1, greatest(1, codes.count), $3 from codes
     on conflict (address_hash) do update set
       guesses = case when counted.ends_at <= $2 then 0 else counted.guesses end + excluded.guesses,
       ends_at = case when counted.ends_at <= $2 then $3 else counted.ends_at end
     returning guesses`,
    [
      hashOf(address),
      now,
      new Date(now.getTime() + codeTtlSeconds * 1000),
      address,
      types,
      purposes,
      sentAfter,
    ],
  );
  return (counted?.guesses ?? 0) <= MAX_GUESSES;
}

/** A new code is on its way, or the right one came. */
export async function forgetGuesses(database: Queryable, address: string): Promise<void> {
  await database.query('delete from limen.code_guesses where address_hash = $1', [hashOf(address)]);
}

/** Addresses of people who have no account here are nobody's business. */
const hashOf = (address: string) => createHash('sha256').update(address).digest('base64url');
