/** Preferences: what the application remembers for somebody, key by key, from however many devices at once. */
import type { Account } from '../account.ts';
import type { AuthBackend } from '../auth-backend.ts';
import { type ChangeLog, changing } from '../changes.ts';
import { DeniedError } from '../denial.ts';
import { PreferencesTooLargeError, ValidationError } from '../errors.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { Exclusively } from '../role.ts';
import { isStorableJson, jsonBytes } from '../text.ts';
import type { Person } from '../viewer.ts';
import { assertMetadataFits, isObject, profileOf } from './profile.ts';

/** Of the room that all metadata has in a token; the rest is for the profile. */
export const PREFERENCES_MAX_BYTES = 3072;

/** Deeper than any settings are, and far from where a recursion would end. */
export const PREFERENCES_MAX_DEPTH = 8;

/** With these as keys, a careless merge in somebody's frontend changes what every object inherits. */
const DANGEROUS_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** So many people of one installation can change their preferences at the same moment; each takes a connection for it. */
const LINES = 8;

/**
 * Merges objects key by key, however deep; null takes a key away, and anything else, lists too, takes the place of what was there.
 * @throws {ValidationError} @throws {PreferencesTooLargeError} @throws {MetadataTooLargeError} @throws {DeniedError} when the session is over
 */
export async function updatePreferences(
  { auth, changes, exclusively }: { auth: AuthBackend; changes: ChangeLog; exclusively: Exclusively },
  viewer: Person,
  patch: JsonObject,
): Promise<Account> {
  assertSound(patch);
  // One after the other, since the protocol can only replace what lies deeper than one level.
  return exclusively(`preferences-${lineOf(viewer.account.id)}`, async () => {
    const account = await auth.findOwnAccount(viewer.accessToken);
    if (!account) throw new DeniedError('UNAUTHENTICATED');
    const current = profileOf(account).preferences;
    const preferences = merged(current, patch);
    assertFits(current, preferences);
    assertMetadataFits(account.userMetadata, { preferences });
    return changing(changes, account.id, () => auth.updateUserMetadata(viewer.accessToken, { preferences }));
  });
}

function merged(current: JsonObject, patch: JsonObject): JsonObject {
  const result = new Map(Object.entries(current));
  for (const [key, value] of Object.entries(patch)) {
    const before = result.get(key);
    if (value === null) result.delete(key);
    else if (isObject(value)) result.set(key, merged(isObject(before) ? before : {}, value));
    else result.set(key, value);
  }
  return Object.fromEntries(result);
}

/** @throws {ValidationError} */
function assertSound(patch: JsonObject): void {
  const refuse = (path: readonly string[], code: string, message: string) => {
    throw new ValidationError([{ path: ['preferences', ...path], code, message }]);
  };
  // Level by level: what is refused for being too deep is never gone down to.
  let level: { path: string[]; value: JsonValue }[] = [{ path: [], value: patch }];
  for (let depth = 1; level.length > 0; depth++) {
    const containers = level.filter(({ value }) => typeof value === 'object' && value !== null);
    if (depth > PREFERENCES_MAX_DEPTH && containers[0]) {
      refuse(containers[0].path, 'TOO_DEEP', `At most ${PREFERENCES_MAX_DEPTH} levels.`);
    }
    level = containers.flatMap(({ path, value }) =>
      Object.entries(value as JsonObject).map(([key, inner]) => {
        if (isObject(value) && DANGEROUS_KEYS.has(key)) {
          refuse([...path, key], 'RESERVED_KEY', `No key may be called ${key}.`);
        }
        return { path: [...path, key], value: inner };
      }),
    );
  }
  if (!isStorableJson(patch)) {
    refuse([], 'INVALID_CHARACTER', 'A text here holds a character that cannot be stored.');
  }
}

/** Somebody who came with more may still make it less. @throws {PreferencesTooLargeError} */
function assertFits(current: JsonObject, next: JsonObject): void {
  const bytes = jsonBytes(next);
  if (bytes > PREFERENCES_MAX_BYTES && bytes >= jsonBytes(current)) {
    throw new PreferencesTooLargeError(PREFERENCES_MAX_BYTES, bytes);
  }
}

const lineOf = (userId: string) => Number.parseInt(userId.slice(0, 2), 16) % LINES;
