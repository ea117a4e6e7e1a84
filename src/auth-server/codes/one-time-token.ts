/**
 * Links and codes that are sent to somebody, each of which counts once. Supabase Auth makes the link's token of the code and the address,
 * so that whoever knows an address finds its link in a million tries; here the token is random, the row holds its hash with what the token
 * is for, and the code is made of that: so each row has one code, and it is known what for. Rows look alike, and what Supabase Auth reads
 * of them it can read.
 */
import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Queryable } from '../../adapters/postgres/database.ts';

export type OneTimeTokenType = keyof typeof COLUMNS;

/** Where a token stands on the row of its person, beside `auth.one_time_tokens`, and when it was sent. */
const COLUMNS = {
  confirmation_token: ['confirmation_token', 'confirmation_sent_at'],
  recovery_token: ['recovery_token', 'recovery_sent_at'],
  email_change_token_current: ['email_change_token_current', 'email_change_sent_at'],
  email_change_token_new: ['email_change_token_new', 'email_change_sent_at'],
  phone_change_token: ['phone_change_token', 'phone_change_sent_at'],
  reauthentication_token: ['reauthentication_token', 'reauthentication_sent_at'],
} as const;

export const ONE_TIME_TOKEN_TYPES = Object.keys(COLUMNS) as OneTimeTokenType[];

export interface OneTimeToken {
  /** For a link. */
  token: string;
  /** For people to type: as many digits as asked for. */
  code: string;
}

/**
 * A token not yet anybody's. With PKCE the link says so by its beginning, as in Supabase Auth.
 * @param purpose where tokens of one type are sent for more than one thing: what this one is good for
 */
export function newToken({
  digits,
  isPkce = false,
  purpose = '',
}: {
  digits: number;
  isPkce?: boolean;
  purpose?: string;
}): OneTimeToken {
  const token = `${isPkce ? PKCE : ''}${randomBytes(28).toString('hex')}`;
  return { token, code: codeOf(hashOf(token, purpose), digits) };
}

const PKCE = 'pkce_';

export const isPkceToken = (token: string) => token.startsWith(PKCE);

/**
 * Gives somebody a token, in place of the one of its type that they had.
 * @param address what it is sent to, folded: the token says of nothing else that it is theirs
 */
export async function storeToken(
  tx: Queryable,
  {
    userId,
    type,
    address,
    token,
    purpose = '',
    now,
  }: {
    userId: string;
    type: OneTimeTokenType;
    address: string;
    token: string;
    /** As `newToken` was given it. */
    purpose?: string;
    now: Date;
  },
): Promise<void> {
  const [column, sentAt] = COLUMNS[type];
  await tx.query(
    `with given as (
       update auth.users set ${column} = $3, ${sentAt} = $5, updated_at = $5 where id = $2 returning id
     )
     insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to, created_at, updated_at)
     select $1, id, '${type}', $3, $4, $5::timestamptz at time zone 'UTC', $5::timestamptz at time zone 'UTC' from given
     on conflict (user_id, token_type) do update
       set token_hash = excluded.token_hash, relates_to = excluded.relates_to,
         created_at = excluded.created_at, updated_at = excluded.updated_at`,
    [randomUUID(), userId, hashOf(token, purpose), address, now],
  );
}

/** A token that was presented, and is now spent. */
export interface SpentToken {
  userId: string;
  type: OneTimeTokenType;
  /** Empty for tokens that were stored without one. */
  purpose: string;
  /** The address or number it was sent to. */
  address: string;
  isPkce: boolean;
}

/**
 * How somebody presents a token: by a link, or by a code together with the address it came to. A code has as many digits as are sent:
 * each token has one of every length, and a shorter one is sooner found.
 */
export type Presented = { token: string } | { address: string; code: string; digits: number };

/** Which tokens count where one is presented. */
export interface Accepted {
  types: readonly OneTimeTokenType[];
  /** As they were stored. */
  purposes: readonly string[];
  /** Older ones are over. */
  sentAfter: Date;
}

/**
 * Spends a token of those that count. Undefined where there is none such, or none that young; and for all but one of those who present
 * the same at the same moment. First the person's row is locked and then the token's, in the order of `storeToken`.
 */
export async function spendToken(
  tx: Queryable,
  presented: Presented,
  { types, purposes, sentAfter }: Accepted,
): Promise<SpentToken | undefined> {
  const hashes =
    'token' in presented
      ? purposes.map((purpose) => hashOf(presented.token, purpose))
      : await hashesByCode(tx, presented, types, purposes);
  if (hashes.length === 0) return undefined;
  const [spent] = await tx.query<{
    user_id: string;
    token_type: OneTimeTokenType;
    token_hash: string;
    relates_to: string;
  }>(
    `with owner as (
       select users.id from auth.users join auth.one_time_tokens as token on token.user_id = users.id
       where token.token_hash = any($1) and token.token_type = any($2::text[]::auth.one_time_token_type[])
         and token.created_at > $3::timestamptz at time zone 'UTC'
       limit 1
       for update of users
     ), spent as (
       delete from auth.one_time_tokens as token using owner
       where token.user_id = owner.id and token.token_hash = any($1)
         and token.token_type = any($2::text[]::auth.one_time_token_type[])
         and token.created_at > $3::timestamptz at time zone 'UTC'
       returning token.user_id, token.token_type, token.token_hash, token.relates_to
     ), cleared as (
       update auth.users set ${CLEARED} from spent where users.id = spent.user_id
     )
     select * from spent`,
    [hashes, types, sentAfter],
  );
  if (!spent) return undefined;
  const { user_id: userId, token_type: type, token_hash: hash, relates_to: address } = spent;
  return { userId, type, purpose: purposeOf(hash), address, isPkce: isPkceToken(hash) };
}

/** What a token was sent to, without spending it; undefined where there is none such. */
export async function addressOfToken(
  tx: Queryable,
  hash: string,
  type: OneTimeTokenType,
): Promise<string | undefined> {
  const [found] = await tx.query<{ relates_to: string }>(
    'select relates_to from auth.one_time_tokens where token_hash = $1 and token_type = $2::text::auth.one_time_token_type',
    [hash, type],
  );
  return found?.relates_to;
}

/** Takes away what was sent to somebody and not used yet, as when their address changes. */
export async function dropTokens(
  tx: Queryable,
  userId: string,
  types: readonly OneTimeTokenType[],
): Promise<void> {
  await tx.query(
    `with dropped as (
       delete from auth.one_time_tokens
       where user_id = $1 and token_type = any($2::text[]::auth.one_time_token_type[])
     )
     update auth.users set ${types.map((type) => `${COLUMNS[type][0]} = ''`).join(', ')} where id = $1`,
    [userId, types],
  );
}

/** An update joined with `spent`: empties the column of the token, and leaves the others. */
const CLEARED = Object.entries(COLUMNS)
  .map(
    ([type, [column]]) =>
      `${column} = case when spent.token_type = '${type}' then '' else users.${column} end`,
  )
  .join(', ');

/** Which of the tokens that were sent to an address have the code. Whether one is still good is for the spending to say. */
async function hashesByCode(
  tx: Queryable,
  { address, code, digits }: { address: string; code: string; digits: number },
  types: readonly OneTimeTokenType[],
  purposes: readonly string[],
): Promise<string[]> {
  const sent = await tx.query<{ token_hash: string }>(
    `select token_hash from auth.one_time_tokens
     where relates_to = $1 and token_type = any($2::text[]::auth.one_time_token_type[])`,
    [address, types],
  );
  const given = Buffer.from(code);
  return sent
    .map(({ token_hash: hash }) => hash)
    .filter((hash) => {
      const right = Buffer.from(codeOf(hash, digits));
      return (
        purposes.includes(purposeOf(hash)) && right.length === given.length && timingSafeEqual(right, given)
      );
    });
}

/** Kept instead of the token: whoever reads the database has no link. @param purpose as in `newToken` */
export function hashOf(token: string, purpose: string): string {
  const hash = createHash('sha224').update(token).digest('hex');
  return `${isPkceToken(token) ? PKCE : ''}${hash}${purpose && `.${purpose}`}`;
}

const purposeOf = (hash: string) => hash.split('.')[1] ?? '';

/** The same of a row, for a statement. */
export const PURPOSE = `split_part(token_hash, '.', 2)`;

/** 64 bits leave no digit more likely than another that anybody could notice. */
function codeOf(hash: string, digits: number): string {
  const bits = createHash('sha256').update(`code ${hash}`).digest().readBigUInt64BE();
  return String(bits % 10n ** BigInt(digits)).padStart(digits, '0');
}
