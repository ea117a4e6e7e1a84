/** People by SQL on `auth.users`, where the `auth` schema is in this database. One statement for each page, whatever is on it. */
import type { Account } from '../../../identity/account.ts';
import {
  COUNT_LIMIT,
  type ListedUser,
  type UserDirectory,
  type UserOrderField,
  type UserQuery,
} from '../../../identity/administration/user-directory.ts';
import type { Clock } from '../../../identity/clock.ts';
import { ValidationError } from '../../../identity/errors.ts';
import { FACTOR_TYPES, type FactorType } from '../../../identity/factors/factor.ts';
import type { JsonObject } from '../../../identity/json.ts';
import type { Keyset } from '../../../identity/page.ts';
import { isUuid } from '../../../identity/uuid.ts';
import type { Database } from '../database.ts';
import { CREATED, EMAIL, LAST_SIGN_IN, PRESENT } from './directory-expressions.ts';
import { conditionsOf, Parameters } from './user-conditions.ts';

interface Row {
  id: string;
  key: string | number | null;
  email: string | null;
  phone: string | null;
  email_confirmed_at: Date | null;
  phone_confirmed_at: Date | null;
  email_change: string | null;
  phone_change: string | null;
  raw_app_meta_data: JsonObject | null;
  raw_user_meta_data: JsonObject | null;
  created_at: Date | null;
  updated_at: Date | null;
  last_sign_in_at: Date | null;
  banned_until: Date | null;
  is_anonymous: boolean;
  role: string | null;
  factors: {
    id: string;
    name: string | null;
    type: string;
    status: string;
    at: string;
    asked: string | null;
  }[];
  identities: {
    id: string;
    provider: string;
    email: string | null;
    at: string | null;
    used: string | null;
  }[];
}

const microseconds = (column: string) =>
  `case when isfinite(${column}) then (extract(epoch from ${column}) * 1000000)::bigint end`;

/** By what rows are compared, what of it a cursor holds, and how to get back from the one to the other. */
const ORDERS: Record<
  UserOrderField,
  { expression: string; key: string; fromKey: (key: string) => string; isKey: (key: unknown) => boolean }
> = {
  CREATED_AT: { expression: CREATED, key: microseconds('created_at'), fromKey: timeOf, isKey: isTime },
  LAST_SIGN_IN_AT: {
    expression: LAST_SIGN_IN,
    key: microseconds('last_sign_in_at'),
    fromKey: timeOf,
    isKey: isTime,
  },
  EMAIL: {
    expression: EMAIL,
    key: "coalesce(email, '')",
    fromKey: (key) => `${key}::text`,
    isKey: (key) => typeof key === 'string' && key.isWellFormed(),
  },
};

/** @param trigrams the schema of `pg_trgm`; null: a search finds no similar names */
export function createUserDirectory(
  database: Database,
  clock: Clock,
  trigrams: string | null,
): UserDirectory {
  const where = (query: UserQuery, parameters: Parameters) => {
    const { unordered, others } = conditionsOf(query, parameters, { now: clock(), trigrams });
    return unordered ? `${others} and ${unordered}` : others;
  };

  return {
    async page(query, { limit, after, before, inverted }) {
      const { field, direction } = query.order;
      const { expression, key, fromKey, isKey } = ORDERS[field];
      const isAscending = (direction === 'ASC') !== inverted;
      const parameters = new Parameters();
      const beyond = (keyset: Keyset, path: 'after' | 'before') => {
        const [position, id] = keyset;
        if (!isKey(position) || typeof id !== 'string' || !isUuid(id)) throw otherList(path);
        const isLater = (direction === 'ASC') === (path === 'after');
        return `(${expression}, id) ${isLater ? '>' : '<'} (${fromKey(parameters.add(position))}, ${parameters.add(id)}::uuid)`;
      };
      const { unordered, others } = conditionsOf(query, parameters, { now: clock(), trigrams });
      const conditions = [
        others,
        ...(after ? [beyond(after, 'after')] : []),
        ...(before ? [beyond(before, 'before')] : []),
      ].join(' and ');
      const order = isAscending ? `${expression}, id` : `${expression} desc, id desc`;
      const most = parameters.add(limit);
      const page = (condition: string) =>
        `(select * from auth.users where ${conditions} and ${condition} order by ${order} limit ${most})`;
      const people = unordered ? eitherWay(unordered, page) : page('true');
      const rows = await database.query<Row>(
        `select ${COLUMNS}, ${key} as key, ${FACTORS} as factors, ${IDENTITIES} as identities
         from (${people}) as users order by ${order}`,
        parameters.values,
      );
      return rows.map(listed);
    },

    async count(query) {
      const parameters = new Parameters();
      const [counted] = await database.query<{ total: number }>(
        `select count(*) as total from (select 1 from auth.users where ${where(query, parameters)} limit ${COUNT_LIMIT + 1}) as people`,
        parameters.values,
      );
      const total = counted?.total ?? 0;
      return total > COUNT_LIMIT ? null : total;
    },

    async estimate(query) {
      const parameters = new Parameters();
      const [explained] = await database.query<{ 'QUERY PLAN': { Plan: { 'Plan Rows': number } }[] }>(
        `explain (format json) select 1 from auth.users where ${where(query, parameters)}`,
        parameters.values,
      );
      return explained?.['QUERY PLAN'][0]?.Plan['Plan Rows'] ?? 0;
    },
  };
}

/** So many people are sorted in some milliseconds. */
const FEW = 2000;

/**
 * Rare people are gathered by their index and sorted; of people who are many, those on the page are soon met with while walking in the
 * list's order. PostgreSQL would have to guess which, of words that it has no figures of: guessed wrongly, a search that finds
 * nobody walks past everybody. So the statement finds it out: whichever way does not hold is not begun.
 */
function eitherWay(unordered: string, page: (condition: string) => string): string {
  return `with few as materialized (select id from auth.users where ${PRESENT} and ${unordered} limit ${FEW + 1})
    ${page(`(select count(*) from few) <= ${FEW} and id = any(array(select id from few))`)}
    union all
    ${page(`(select count(*) from few) > ${FEW} and ${unordered}`)}`;
}

const otherList = (path: string) =>
  new ValidationError([{ path: [path], code: 'INVALID_FORMAT', message: 'No cursor of this list.' }]);

function timeOf(key: string): string {
  return `coalesce('epoch'::timestamptz + ${key}::bigint * interval '1 microsecond', '-infinity')`;
}

/** Some 250 years to both sides of 1970, which no interval overflows. */
function isTime(key: unknown): boolean {
  return key === null || (Number.isSafeInteger(key) && Math.abs(key as number) < 8e15);
}

const COLUMNS = `id, email, phone, email_confirmed_at, phone_confirmed_at, email_change, phone_change, raw_app_meta_data,
  raw_user_meta_data, created_at, updated_at, last_sign_in_at, banned_until, is_anonymous, role`;

/** Recovery codes are a factor in a table of ours. */
const FACTORS = `(select coalesce(json_agg(json_build_object('id', id, 'name', name, 'type', type, 'status', status,
    'at', created_at, 'asked', asked) order by created_at, id), '[]')
  from (select id, friendly_name as name, factor_type::text as type, status::text, created_at, last_challenged_at as asked
      from auth.mfa_factors where user_id = users.id
    union all select id, friendly_name, 'recovery_code', 'verified', created_at, null
      from limen.recovery_code_sets where user_id = users.id) as factors)`;

const IDENTITIES = `(select coalesce(json_agg(json_build_object('id', id, 'provider', provider, 'email', email,
    'at', created_at, 'used', last_sign_in_at) order by created_at, id), '[]')
  from auth.identities where user_id = users.id)`;

function listed(row: Row): ListedUser {
  return { account: accountOf(row), key: [row.key, row.id] };
}

function accountOf(row: Row): Account {
  const createdAt = row.created_at ?? new Date(0);
  return {
    id: row.id,
    email: row.email || null,
    phone: row.phone || null,
    isAnonymous: row.is_anonymous,
    appMetadata: row.raw_app_meta_data ?? {},
    userMetadata: row.raw_user_meta_data ?? {},
    record: {
      emailConfirmedAt: row.email_confirmed_at,
      phoneConfirmedAt: row.phone_confirmed_at,
      newEmail: row.email_change || null,
      newPhone: row.phone_change || null,
      createdAt,
      updatedAt: row.updated_at ?? createdAt,
      lastSignInAt: row.last_sign_in_at,
      // Whoever was deleted is in no list.
      deletedAt: null,
      databaseRole: row.role || null,
      bannedUntil: row.banned_until,
      factors: row.factors
        .filter(({ type }) => FACTOR_TYPES.includes(type as FactorType))
        .map(({ id, name, type, status, at, asked }) => ({
          id,
          name: name || null,
          type: type as FactorType,
          isVerified: status === 'verified',
          createdAt: new Date(at),
          lastChallengedAt: dateOrNull(asked),
        })),
      identities: row.identities.map(({ id, provider, email, at, used }) => ({
        id,
        provider,
        email: email || null,
        createdAt: dateOrNull(at),
        lastSignInAt: dateOrNull(used),
      })),
    },
  };
}

const dateOrNull = (time: string | null) => (time === null ? null : new Date(time));
