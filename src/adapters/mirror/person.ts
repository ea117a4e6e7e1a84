/** Somebody as Supabase describes them: what a replica keeps of a row of `auth.users`. No password, no token, no code. */
import { z } from 'zod';
import type { JsonObject } from '../../identity/json.ts';

/** Names are those of the columns; times are texts, for Postgres keeps more digits of a second than a `Date` does. */
export interface MirroredPerson {
  readonly id: string;
  readonly aud: string;
  readonly role: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly email_confirmed_at: string | null;
  readonly phone_confirmed_at: string | null;
  readonly invited_at: string | null;
  readonly last_sign_in_at: string | null;
  readonly raw_app_meta_data: JsonObject;
  readonly raw_user_meta_data: JsonObject;
  readonly created_at: string;
  readonly updated_at: string;
  readonly banned_until: string | null;
  readonly deleted_at: string | null;
  readonly is_anonymous: boolean;
  readonly is_sso_user: boolean;
}

const text = z.string().nullish();
const metadata = z.record(z.string(), z.json()).nullish();

const Described = z.object({
  id: z.guid(),
  aud: text,
  role: text,
  email: text,
  phone: text,
  email_confirmed_at: text,
  phone_confirmed_at: text,
  invited_at: text,
  last_sign_in_at: text,
  created_at: z.string(),
  updated_at: text,
  banned_until: text,
  deleted_at: text,
  is_anonymous: z.boolean().nullish(),
});

/** As Supabase Auth answers: metadata under the names of the API. */
const User = Described.extend({ app_metadata: metadata, user_metadata: metadata });

/** As a database webhook shows the row itself. */
const Row = Described.extend({
  raw_app_meta_data: metadata,
  raw_user_meta_data: metadata,
  is_sso_user: z.boolean().nullish(),
});

/** Null for what is no user of Supabase Auth's. */
export function personFromUser(json: unknown): MirroredPerson | null {
  const { data } = User.safeParse(json);
  if (!data) return null;
  const { app_metadata, user_metadata, ...described } = data;
  return personOf({ ...described, raw_app_meta_data: app_metadata, raw_user_meta_data: user_metadata });
}

/** Null for what is no row of `auth.users`. */
export function personFromRow(json: unknown): MirroredPerson | null {
  const { data } = Row.safeParse(json);
  return data ? personOf(data) : null;
}

function personOf(given: z.infer<typeof Row>): MirroredPerson {
  const appMetadata = given.raw_app_meta_data ?? {};
  return {
    id: given.id,
    aud: given.aud || 'authenticated',
    role: given.role || 'authenticated',
    email: given.email || null,
    phone: given.phone || null,
    email_confirmed_at: given.email_confirmed_at ?? null,
    phone_confirmed_at: given.phone_confirmed_at ?? null,
    invited_at: given.invited_at ?? null,
    last_sign_in_at: given.last_sign_in_at ?? null,
    raw_app_meta_data: appMetadata,
    raw_user_meta_data: given.raw_user_meta_data ?? {},
    created_at: given.created_at,
    updated_at: given.updated_at ?? given.created_at,
    banned_until: given.banned_until ?? null,
    deleted_at: given.deleted_at ?? null,
    is_anonymous: given.is_anonymous ?? false,
    is_sso_user: given.is_sso_user ?? isSsoUser(appMetadata),
  };
}

/** The API does not show the column, but the provider: `sso:` and an id. People of such a provider may share an address with others. */
function isSsoUser({ provider, providers }: JsonObject): boolean {
  const names = [provider, ...(Array.isArray(providers) ? providers : [])];
  return names.some((name) => typeof name === 'string' && name.startsWith('sso:'));
}
