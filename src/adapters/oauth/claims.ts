/** What providers say of people, in whatever words, as Supabase Auth keeps it. */
import type { JsonObject } from '../../identity/json.ts';
import { isStorable } from '../../identity/text.ts';
import type { ProviderIdentity } from './provider.ts';
import { ProviderRefusalError } from './provider.ts';

/** As in `auth.identities.provider_id`; OpenID Connect allows 255 characters of ASCII (Core, section 2). */
const MAX_SUBJECT = 255;
const MAX_TEXT = 512;
const MAX_URL = 1024;

export interface ProviderClaims {
  issuer: string;
  subject: unknown;
  email?: unknown;
  emailVerified?: unknown;
  name?: unknown;
  userName?: unknown;
  avatarUrl?: unknown;
  givenName?: unknown;
  familyName?: unknown;
  locale?: unknown;
}

/**
 * Only texts of a sane length get in: this rides in every access token of the person.
 * @throws {ProviderRefusalError} without a subject that can be kept
 */
export function identityFrom(claims: ProviderClaims): ProviderIdentity {
  const { issuer, subject } = claims;
  if (typeof subject !== 'string' || !/^[\x21-\x7e]+$/.test(subject) || subject.length > MAX_SUBJECT) {
    throw new ProviderRefusalError('the provider gave no usable subject');
  }
  const email = addressFrom(claims.email);
  const emailVerified = email !== null && isTrue(claims.emailVerified);
  const name = textFrom(claims.name) ?? joined(claims.givenName, claims.familyName);
  const userName = textFrom(claims.userName);
  const avatarUrl = pictureFrom(claims.avatarUrl);
  const data: JsonObject = {
    iss: issuer,
    sub: subject,
    provider_id: subject,
    email_verified: emailVerified,
    phone_verified: false,
    ...(email && { email }),
    ...(name && { name, full_name: name }),
    ...(userName && { user_name: userName, preferred_username: userName }),
    ...(avatarUrl && { avatar_url: avatarUrl, picture: avatarUrl }),
    ...given('locale', claims.locale),
  };
  return { subject, email, emailVerified, data };
}

/** Apple and some others write booleans as texts, and Microsoft as numbers. */
const isTrue = (value: unknown) => value === true || value === 1 || value === 'true' || value === '1';

function textFrom(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = value.trim();
  return text !== '' && text.length <= MAX_TEXT && isStorable(text) ? text : null;
}

function given(key: string, value: unknown): JsonObject {
  const text = textFrom(value);
  return text === null ? {} : { [key]: text };
}

function joined(first: unknown, last: unknown): string | null {
  return [textFrom(first), textFrom(last)].filter((part) => part !== null).join(' ') || null;
}

/** Pages put it into an `img`: a picture on the web and nothing else. */
function pictureFrom(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > MAX_URL) return null;
  const url = URL.parse(value);
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : null;
}

/** ASCII alone, before anything is folded: what looks like somebody's address must not become it. */
function addressFrom(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 255) return null;
  const isAddress =
    /^[\x21-\x3f\x41-\x7e]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]+$/i.test(value);
  return isAddress ? value.toLowerCase() : null;
}
