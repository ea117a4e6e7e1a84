/** Reading the audit log: all of it for operators, and for each person what happened to their own account. */

import type { Actor } from '../client.ts';
import { type FieldIssue, ValidationError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { decodeCursor, type Keyset } from '../page.ts';
import { isUuid } from '../uuid.ts';
import type { Person } from '../viewer.ts';
import type { AuditOutcome } from './audit-event.ts';

/** Who wrote an event: Limen, or Supabase Auth in its own table. */
export type AuditSource = 'limen' | 'supabase';

export interface AuditEvent {
  readonly id: string;
  readonly source: AuditSource;
  /** By the database's clock. */
  readonly at: Date;
  /** The same in microseconds since 1970, and what comes after it in the order of the list. */
  readonly keyset: Keyset;
  readonly action: string;
  /** Null where Supabase Auth does not say. */
  readonly outcome: AuditOutcome | null;
  readonly code: string | null;
  readonly actor: Actor | null;
  readonly impersonatorId: string | null;
  readonly sessionId: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
  readonly userId: string | null;
  readonly details: JsonObject;
}

/** Only what is present narrows. */
export interface AuditFilter {
  readonly source?: AuditSource | null | undefined;
  readonly action?: string | null | undefined;
  readonly actorId?: string | null | undefined;
  readonly userId?: string | null | undefined;
  readonly outcome?: AuditOutcome | null | undefined;
  /** Of what did not succeed only what this person tried, or nobody who was signed in. */
  readonly refusedOnlyTo?: string | undefined;
  readonly requestId?: string | null | undefined;
  /** Inclusive. */
  readonly since?: Date | null | undefined;
  /** Exclusive. */
  readonly until?: Date | null | undefined;
}

/** The newest first. Between two keysets, and from the oldest on where inverted. */
export interface AuditPage {
  readonly limit: number;
  readonly after: Keyset | null;
  readonly before: Keyset | null;
  readonly inverted: boolean;
}

export interface AuditLog {
  /** @throws {NotSupportedError} for the log of Supabase's, where it is out of reach */
  events(filter: AuditFilter, page: AuditPage): Promise<AuditEvent[]>;
}

interface Needs {
  auditLog: AuditLog;
}

/** As a page is asked for: with cursors. */
export interface AuditPageRequest {
  readonly limit: number;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly inverted: boolean;
}

/** @throws {ValidationError} for a cursor of another list, and for what no event can have @throws {NotSupportedError} as `AuditLog` */
export async function auditEvents(
  { auditLog }: Needs,
  filter: AuditFilter,
  { limit, after, before, inverted }: AuditPageRequest,
): Promise<AuditEvent[]> {
  checkFilter(filter);
  const source = filter.source ?? 'limen';
  return auditLog.events(filter, {
    limit,
    after: after === undefined ? null : keysetOf(after, 'after', source),
    before: before === undefined ? null : keysetOf(before, 'before', source),
    inverted,
  });
}

/** By whom something happened, as far as it is the person's business. */
export type ActivityActor = 'self' | 'administrator' | 'unknown';

export interface Activity extends Omit<AuditEvent, 'actor' | 'impersonatorId' | 'requestId' | 'userId'> {
  readonly by: ActivityActor;
}

/**
 * What happened to the viewer's account. Of an administrator no more is told than that it was one. What was refused to somebody else did not
 * happen to it: anybody could write there, under the name of an administrator.
 */
export async function myActivity(needs: Needs, viewer: Person, page: AuditPageRequest): Promise<Activity[]> {
  const { id } = viewer.account;
  const events = await auditEvents(needs, { userId: id, refusedOnlyTo: id }, page);
  return events.map(({ actor, impersonatorId, requestId: _, userId, ...event }) => {
    const isSelf = actor?.kind === 'person' && actor.userId === userId && impersonatorId === null;
    if (isSelf || actor === null) return { ...event, by: isSelf ? 'self' : 'unknown' };
    return { ...event, by: 'administrator', address: null, userAgent: null, sessionId: null };
  });
}

const FIRST = new Date('0001-01-01T00:00:00Z');
const LAST = new Date('9999-12-31T23:59:59Z');
const MAX_CHARACTERS = 200;

function checkFilter(filter: AuditFilter): void {
  const issues: FieldIssue[] = [];
  const issue = (name: string, code: string, message: string) =>
    void issues.push({ path: ['filter', name], code, message });
  for (const name of ['action', 'actorId', 'requestId'] as const) {
    const text = filter[name] ?? '';
    if (text.includes('\0') || !text.isWellFormed()) issue(name, 'INVALID_CHARACTER', 'Not a text.');
    if (text.length > MAX_CHARACTERS) issue(name, 'TOO_LONG', `At most ${MAX_CHARACTERS} characters.`);
  }
  if (filter.userId != null && !isUuid(filter.userId)) issue('userId', 'INVALID_FORMAT', 'Not a UUID.');
  for (const name of ['since', 'until'] as const) {
    const time = filter[name];
    if (time && !(time >= FIRST && time <= LAST)) issue(name, 'OUT_OF_RANGE', 'A year from 1 to 9999.');
  }
  if (issues.length > 0) throw new ValidationError(issues);
}

/** @throws {ValidationError} */
function keysetOf(cursor: string, path: 'after' | 'before', source: AuditSource): Keyset {
  const keyset = decodeCursor(cursor, 2, path);
  const [micros, last] = keyset;
  const isLast = source === 'limen' ? Number.isSafeInteger(last) : typeof last === 'string' && isUuid(last);
  if (Number.isSafeInteger(micros) && isLast) return keyset;
  throw new ValidationError([{ path: [path], code: 'INVALID_FORMAT', message: 'No cursor of this list.' }]);
}
