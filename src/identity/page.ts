/** Pages of long lists, by keyset: a page begins behind a row and not at a number, so that the last costs what the first does. */
import { ValidationError } from './errors.ts';

export const DEFAULT_PAGE = 20;
export const MAX_PAGE = 100;

export interface PageArguments {
  first?: number | null | undefined;
  last?: number | null | undefined;
  after?: string | null | undefined;
  before?: string | null | undefined;
}

/** What the values of a list's order are at one of its rows, the last of which is unique. */
export type Keyset = readonly (string | number | null)[];

/** @throws {ValidationError} for a size that no page has, and for both directions at once */
export function checkPage({ first, last }: PageArguments): void {
  const issues = Object.entries({ first, last }).flatMap(([name, size]) =>
    size == null || (size >= 1 && size <= MAX_PAGE)
      ? []
      : [{ path: [name], code: 'OUT_OF_RANGE', message: `A page has 1 to ${MAX_PAGE} rows.` }],
  );
  if (first != null && last != null)
    issues.push({ path: ['last'], code: 'CONFLICT', message: 'Either `first` or `last`, not both.' });
  if (issues.length > 0) throw new ValidationError(issues);
}

/** Opaque to clients: what is in it may change with any release. */
export const encodeCursor = (keyset: Keyset): string =>
  Buffer.from(JSON.stringify(keyset)).toString('base64url');

/** @throws {ValidationError} for anything that is no cursor of a list with so many values */
export function decodeCursor(cursor: string, values: number, path: 'after' | 'before' = 'after'): Keyset {
  const keyset = parse(cursor);
  if (Array.isArray(keyset) && keyset.length === values && keyset.every(isKey)) return keyset;
  throw new ValidationError([{ path: [path], code: 'INVALID_FORMAT', message: 'No cursor of this list.' }]);
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return null;
  }
}

/** PostgreSQL takes no NUL in a text. */
const isKey = (key: unknown) =>
  key === null || typeof key === 'number' || (typeof key === 'string' && !key.includes('\0'));
