/** Lists of people: what may be asked for, and the way each question is put to the directory. */
import type { AuthBackend } from '../auth-backend.ts';
import { type FieldIssue, ValidationError } from '../errors.ts';
import { decodeCursor } from '../page.ts';
import { codePointsIn, isStorable, isStorableJson } from '../text.ts';
import { isUuid } from '../uuid.ts';
import {
  KEY_LENGTH,
  type ListedUser,
  type TimeRange,
  type UserFilter,
  type UserOrder,
  type UserQuery,
} from './user-directory.ts';

const MAX_IDS = 100;
const MAX_CHARACTERS = 255;
const MAX_WORDS = 10;
/** More than this much JSON asks for nothing that metadata can hold. */
const MAX_METADATA_CHARACTERS = 4096;

export const NEWEST_FIRST: UserOrder = { field: 'CREATED_AT', direction: 'DESC' };

type Input<Value> = Value | null | undefined;

/** @throws {ValidationError} naming everything that is wrong */
export function userQuery(input: {
  filter?: Input<UserFilter>;
  search?: Input<string>;
  orderBy?: Input<UserOrder>;
}): UserQuery {
  const filter = input.filter ?? {};
  const search = input.search?.trim() || null;
  const issues = [...issuesOfText(['search'], search, true), ...issuesOfFilter(filter)];
  if (issues.length > 0) throw new ValidationError(issues);
  return { filter: normalized(filter), search, order: input.orderBy ?? NEWEST_FIRST };
}

interface CursorPage {
  limit: number;
  after?: string | undefined;
  before?: string | undefined;
  inverted: boolean;
}

/** @throws {ValidationError} for cursors of other lists @throws {NotSupportedError} for what cannot be asked where people live */
export async function listUsers(
  { auth }: { auth: AuthBackend },
  query: UserQuery,
  { limit, after, before, inverted }: CursorPage,
): Promise<ListedUser[]> {
  return auth.directory.page(query, {
    limit,
    after: after === undefined ? undefined : decodeCursor(after, KEY_LENGTH),
    before: before === undefined ? undefined : decodeCursor(before, KEY_LENGTH, 'before'),
    inverted,
  });
}

function issuesOfFilter(filter: UserFilter): FieldIssue[] {
  const { ids, email, emailPrefix, phone, phonePrefix, namePrefix, role, tier } = filter;
  const { createdAt, lastSignInAt, appMetadata, userMetadata } = filter;
  const texts = { email, emailPrefix, phone, phonePrefix, namePrefix, role, tier };
  const issues = Object.entries(texts).flatMap(([name, text]) =>
    issuesOfText(['filter', name], text, name === 'namePrefix'),
  );
  if (ids && ids.length > MAX_IDS)
    issues.push({ path: ['filter', 'ids'], code: 'TOO_MANY', message: `At most ${MAX_IDS} ids.` });
  for (const [name, range] of Object.entries({ createdAt, lastSignInAt }))
    issues.push(...issuesOfRange(['filter', name], range));
  for (const [name, value] of Object.entries({ appMetadata, userMetadata })) {
    if (value == null) continue;
    const path = ['filter', name];
    if (!isStorableJson(value)) issues.push({ path, ...NOT_STORABLE });
    else if (JSON.stringify(value).length > MAX_METADATA_CHARACTERS)
      issues.push({
        path,
        code: 'TOO_LONG',
        message: `At most ${MAX_METADATA_CHARACTERS} characters of JSON.`,
      });
  }
  return issues;
}

const NOT_STORABLE = {
  code: 'INVALID_CHARACTER',
  message: 'A text here holds a character that cannot be stored.',
};

function issuesOfText(path: string[], text: Input<string>, isWords: boolean): FieldIssue[] {
  if (text == null) return [];
  if (!isStorable(text)) return [{ path, ...NOT_STORABLE }];
  if (codePointsIn(text) > MAX_CHARACTERS)
    return [{ path, code: 'TOO_LONG', message: `At most ${MAX_CHARACTERS} characters.` }];
  if (isWords && text.trim().split(/\s+/).length > MAX_WORDS)
    return [{ path, code: 'TOO_MANY', message: `At most ${MAX_WORDS} words.` }];
  return [];
}

export function issuesOfRange(path: string[], range: Input<TimeRange>): FieldIssue[] {
  const times = Object.entries({ from: range?.from, to: range?.to }).filter((entry) => entry[1] != null);
  const issues = times
    .filter(([, time]) => !isStorableTime(time as Date))
    .map(([name]) => ({
      path: [...path, name],
      code: 'OUT_OF_RANGE',
      message: 'A time in the years 1 to 9999.',
    }));
  if (issues.length === 0 && range?.from && range.to && range.from >= range.to)
    issues.push({ path: [...path, 'to'], code: 'OUT_OF_RANGE', message: 'Later than `from`.' });
  return issues;
}

/** PostgreSQL knows no year 0, and reads no more than four digits of one. */
function isStorableTime(time: Date): boolean {
  const year = time.getUTCFullYear();
  return year >= 1 && year <= 9999;
}

/** In the forms that rows hold. What is no UUID is an id nobody has. */
function normalized(filter: UserFilter): UserFilter {
  const address = (text: Input<string>) => text?.trim().toLowerCase();
  const number = (text: Input<string>) => text?.replace(/[\s+().-]/g, '');
  return {
    ...filter,
    ids: filter.ids?.filter(isUuid),
    email: address(filter.email),
    emailPrefix: address(filter.emailPrefix),
    phone: number(filter.phone),
    phonePrefix: number(filter.phonePrefix),
    // No word at all begins every name.
    namePrefix: filter.namePrefix?.trim() || null,
  };
}
