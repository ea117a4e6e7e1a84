/** Profiles live in `user_metadata`, under the names that applications on Supabase already use. */
import type { Account } from '../account.ts';
import type { AuthBackend } from '../auth-backend.ts';
import { type ChangeLog, changing } from '../changes.ts';
import type { Client } from '../client.ts';
import { type FieldIssue, MetadataTooLargeError, ValidationError } from '../errors.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { codePointsIn, isStorable, isStorableJson, jsonBytes } from '../text.ts';
import type { Person } from '../viewer.ts';
import type { PersonFactStore } from './person-facts.ts';

/** Only what is present changes; null clears. */
export interface ProfileInput {
  displayName?: string | null | undefined;
  fullName?: string | null | undefined;
  firstName?: string | null | undefined;
  lastName?: string | null | undefined;
  avatarUrl?: string | null | undefined;
  locale?: string | null | undefined;
  timezone?: string | null | undefined;
  industry?: string | null | undefined;
  jobTitle?: string | null | undefined;
  emailConsent?: boolean | null | undefined;
  onboardingCompleted?: boolean | null | undefined;
  preferences?: JsonObject | null | undefined;
  /** Keys beside the profile's own. Merged one level deep; a key with null is taken away. */
  metadata?: JsonObject | null | undefined;
}

export interface Profile {
  readonly displayName: string | null;
  readonly fullName: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly avatarUrl: string | null;
  readonly locale: string | null;
  readonly timezone: string | null;
  readonly industry: string | null;
  readonly jobTitle: string | null;
  readonly emailConsent: boolean;
  readonly onboardingCompleted: boolean;
  readonly preferences: JsonObject;
}

/**
 * User metadata rides in every request, in the token: base64 makes 4 bytes of 3, and proxies refuse header lines above 8 KiB.
 */
export const METADATA_MAX_BYTES = 4096;

const MAX_CHARACTERS = 200;
const MAX_URL_CHARACTERS = 2048;
/** The longest names there are have fewer, and `Intl` takes time in the square of what it is given. */
const MAX_NAME_CHARACTERS = 64;

type Check = (value: string) => { code: string; message: string } | null;

const FIELDS: { field: keyof ProfileInput; key: string; check: Check }[] = [
  { field: 'displayName', key: 'display_name', check: checkLine },
  { field: 'fullName', key: 'full_name', check: checkLine },
  { field: 'firstName', key: 'first_name', check: checkLine },
  { field: 'lastName', key: 'last_name', check: checkLine },
  { field: 'avatarUrl', key: 'avatar_url', check: checkWebUrl },
  { field: 'locale', key: 'locale', check: checkLocale },
  { field: 'timezone', key: 'timezone', check: checkTimezone },
  { field: 'industry', key: 'industry', check: checkLine },
  { field: 'jobTitle', key: 'job_title', check: checkLine },
];

/** Keys that have a field of their own, or that Supabase Auth keeps itself; `metadata` may not write them. */
const RESERVED_KEYS = new Set([
  ...FIELDS.map(({ key }) => key),
  'email_consent',
  'onboarding_completed',
  'preferences',
  'sub',
  'email',
  'email_verified',
  'phone',
  'phone_verified',
  // In JavaScript an object's own key of this name is easily lost.
  '__proto__',
]);

/** The profile as the person wrote it; a value of an unexpected type reads as absent. */
export function profileOf({ userMetadata }: Account): Profile {
  const text = (key: string) => {
    const value = userMetadata[key];
    return typeof value === 'string' ? value : null;
  };
  return {
    displayName: text('display_name'),
    fullName: text('full_name'),
    firstName: text('first_name'),
    lastName: text('last_name'),
    avatarUrl: text('avatar_url'),
    locale: text('locale'),
    timezone: text('timezone'),
    industry: text('industry'),
    jobTitle: text('job_title'),
    emailConsent: userMetadata.email_consent === true,
    onboardingCompleted: userMetadata.onboarding_completed === true,
    preferences: isObject(userMetadata.preferences) ? userMetadata.preferences : {},
  };
}

/**
 * What to write into `user_metadata`. @throws {ValidationError} naming every field that is wrong, below `path`
 */
export function metadataFromProfile(input: ProfileInput, path: readonly string[] = []): JsonObject {
  const issues: FieldIssue[] = [];
  const changes: JsonObject = {};
  const refuse = (field: string[], issue: { code: string; message: string }) =>
    issues.push({ path: [...path, ...field], ...issue });

  for (const { field, key, check } of FIELDS) {
    const value = input[field] as string | null | undefined;
    if (value === undefined) continue;
    const issue = value === null ? null : check(value);
    if (issue) refuse([field], issue);
    changes[key] = value;
  }
  if (input.emailConsent !== undefined) changes.email_consent = input.emailConsent;
  if (input.onboardingCompleted !== undefined) changes.onboarding_completed = input.onboardingCompleted;
  if (input.preferences !== undefined) {
    if (!isStorableJson(input.preferences)) refuse(['preferences'], NOT_STORABLE);
    changes.preferences = input.preferences;
  }
  for (const [key, value] of Object.entries(input.metadata ?? {})) {
    if (RESERVED_KEYS.has(key)) {
      refuse(['metadata', key], {
        code: 'RESERVED_KEY',
        message: `${key} has a field of its own, or is kept by the auth server.`,
      });
    } else if (!isStorableJson({ [key]: value })) {
      refuse(['metadata'], NOT_STORABLE);
    }
    changes[key] = value;
  }
  if (issues.length > 0) throw new ValidationError(issues);
  return changes;
}

/**
 * Somebody who came from elsewhere with more may still make it less.
 * @throws {MetadataTooLargeError} if `current` with `changes` would no longer fit into a token
 */
export function assertMetadataFits(current: JsonObject, changes: JsonObject): void {
  const merged = Object.entries({ ...current, ...changes }).filter(([, value]) => value !== null);
  const bytes = jsonBytes(Object.fromEntries(merged));
  if (bytes > METADATA_MAX_BYTES && bytes >= jsonBytes(current)) {
    throw new MetadataTooLargeError(METADATA_MAX_BYTES, bytes);
  }
}

/** @throws {ValidationError} @throws {MetadataTooLargeError} */
export async function updateProfile(
  {
    auth,
    changes: log,
    client,
    facts,
  }: { auth: AuthBackend; changes: ChangeLog; client: Client; facts: PersonFactStore },
  viewer: Person,
  input: ProfileInput,
): Promise<Account> {
  const changes = metadataFromProfile(input);
  assertMetadataFits(viewer.account.userMetadata, changes);
  const account = await changing(log, viewer.account.id, () =>
    auth.updateUserMetadata(viewer.accessToken, changes),
  );
  await facts.noteProfile(account, client);
  return account;
}

const NOT_STORABLE = {
  code: 'INVALID_CHARACTER',
  message: 'A text here holds a character that cannot be stored.',
};

function checkLine(value: string) {
  if (!isStorable(value) || /\p{Cc}/u.test(value)) {
    return { code: 'INVALID_CHARACTER', message: 'Control characters cannot be stored here.' };
  }
  if (codePointsIn(value) > MAX_CHARACTERS) {
    return { code: 'TOO_LONG', message: `At most ${MAX_CHARACTERS} characters.` };
  }
  return null;
}

function checkWebUrl(value: string) {
  if (value.length > MAX_URL_CHARACTERS) {
    return { code: 'TOO_LONG', message: `At most ${MAX_URL_CHARACTERS} characters.` };
  }
  // A frontend puts it into `src`; `javascript:` and `data:` have no business there.
  const isWeb = isStorable(value) && /^https?:$/.test(URL.parse(value)?.protocol ?? '');
  return isWeb
    ? null
    : { code: 'INVALID_FORMAT', message: 'An address that starts with https:// or http://.' };
}

function checkLocale(value: string) {
  const message = 'A language tag as in BCP 47, like `en` or `pt-BR`.';
  return isKnown(value, Intl.getCanonicalLocales) ? null : { code: 'INVALID_FORMAT', message };
}

export function checkTimezone(value: string) {
  const message = 'A name of the IANA time zone database, like `Europe/Zurich`.';
  const lookUp = (timeZone: string) => new Intl.DateTimeFormat('en', { timeZone });
  return isKnown(value, lookUp) ? null : { code: 'INVALID_FORMAT', message };
}

function isKnown(name: string, lookUp: (name: string) => unknown): boolean {
  if (name.length > MAX_NAME_CHARACTERS) return false;
  try {
    lookUp(name);
    return true;
  } catch {
    return false;
  }
}

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
