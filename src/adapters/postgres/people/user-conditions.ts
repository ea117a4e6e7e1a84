/** What is asked of the directory, as SQL on `auth.users`. */
import type { TimeRange, UserQuery } from '../../../identity/administration/user-directory.ts';
import {
  CREATED,
  EMAIL,
  LAST_SIGN_IN,
  NAME_WORDS,
  ONBOARDED,
  PHONE,
  PRESENT,
  SEARCH_WORDS,
  SIMILAR_TEXT,
} from './directory-expressions.ts';

/** A statement in the making: its values, by number. */
export class Parameters {
  readonly values: unknown[] = [];

  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** Similarity of less says nothing. */
const SIMILAR_FROM = 3;

export interface Conditions {
  /** What a GIN index answers, which knows no order; null where nothing of the kind is asked. */
  readonly unordered: string | null;
  /** Always some. */
  readonly others: string;
}

/** @param trigrams the schema of `pg_trgm`; null: no similarity */
export function conditionsOf(
  { filter, search }: UserQuery,
  parameters: Parameters,
  { now, trigrams }: { now: Date; trigrams: string | null },
): Conditions {
  const value = (given: unknown) => parameters.add(given);
  const json = (given: unknown) => `${value(JSON.stringify(given))}::jsonb`;
  const conditions = [PRESENT];
  const unordered: string[] = [];
  const add = <Given>(given: Given | null | undefined, condition: (given: Given) => string) => {
    if (given != null) conditions.push(condition(given));
  };
  const addUnordered = <Given>(given: Given | null | undefined, condition: (given: Given) => string) => {
    if (given != null) unordered.push(condition(given));
  };

  add(filter.ids, (ids) => `id = any(${value(ids)}::uuid[])`);
  add(filter.email, (email) => `${EMAIL} = ${value(email)}`);
  add(filter.emailPrefix, (prefix) => beginsWith(EMAIL, value(prefix)));
  add(filter.phone, (phone) => `${PHONE} = ${value(phone)}`);
  add(filter.phonePrefix, (prefix) => beginsWith(PHONE, value(prefix)));
  addUnordered(filter.namePrefix, (prefix) => {
    const query = `lower(${value(wordsQuery(prefix))})::tsquery`;
    return `${SEARCH_WORDS} @@ ${query} and ${NAME_WORDS} @@ ${query}`;
  });
  addUnordered(
    filter.role,
    (role) => `(raw_app_meta_data @> ${json({ roles: [role] })} or raw_app_meta_data @> ${json({ role })})`,
  );
  addUnordered(filter.tier, (tier) => `raw_app_meta_data @> ${json({ tier })}`);
  addUnordered(filter.appMetadata, (metadata) => `raw_app_meta_data @> ${json(metadata)}`);
  addUnordered(filter.userMetadata, (metadata) => `raw_user_meta_data @> ${json(metadata)}`);
  add(filter.onboardingCompleted, (completed) =>
    completed ? `raw_user_meta_data @> ${json({ onboarding_completed: true })}` : `not ${ONBOARDED}`,
  );
  add(filter.confirmed, (confirmed) => `confirmed_at is ${confirmed ? 'not null' : 'null'}`);
  add(filter.banned, (banned) =>
    banned
      ? `banned_until > ${value(now)}::timestamptz`
      : `(banned_until is null or banned_until <= ${value(now)}::timestamptz)`,
  );
  add(filter.anonymous, (anonymous) => (anonymous ? 'is_anonymous' : 'not is_anonymous'));
  add(filter.createdAt, (range) => within(CREATED, range, value));
  // Whoever never signed in has no time to compare with.
  add(
    filter.lastSignInAt,
    (range) => `last_sign_in_at is not null and ${within(LAST_SIGN_IN, range, value)}`,
  );
  addUnordered(search, (text) => searchFor(text, trigrams, value));
  return {
    unordered: unordered.length > 0 ? unordered.join(' and ') : null,
    others: conditions.join(' and '),
  };
}

function searchFor(text: string, trigrams: string | null, value: (given: unknown) => string): string {
  const begins = `${SEARCH_WORDS} @@ lower(${value(wordsQuery(text))})::tsquery`;
  // An address is known or not; those that resemble it are of everybody at the same company.
  if (!trigrams || text.includes('@') || text.length < SIMILAR_FROM) return begins;
  return `(${begins} or ${SIMILAR_TEXT} operator(${trigrams}.%>) lower(${value(text)}))`;
}

/** The bytes of what begins with the prefix lie between it and it with the last character there is. */
const beginsWith = (expression: string, prefix: string) =>
  `${expression} >= ${prefix} and ${expression} < ${prefix}::text || U&'\\+10FFFF'`;

function within(expression: string, { from, to }: TimeRange, value: (given: unknown) => string): string {
  const bounds = [
    ...(from ? [`${expression} >= ${value(from)}::timestamptz`] : []),
    ...(to ? [`${expression} < ${value(to)}::timestamptz`] : []),
  ];
  return bounds.length > 0 ? bounds.join(' and ') : 'true';
}

/** A `tsquery` of the beginnings of words, in any order; a number may be written with its plus and hyphens. */
function wordsQuery(text: string): string {
  return text
    .trim()
    .split(/\s+/)
    .map((word) => (/^\+?[\d().-]+$/.test(word) ? word.replace(/[+().-]/g, '') || word : word))
    .map((word) => `'${word.replace(/[\\']/g, '$&$&')}':*`)
    .join(' & ');
}
