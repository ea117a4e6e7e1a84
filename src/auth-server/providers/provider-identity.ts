/** Identities of providers: rows of `auth.identities`, and what they leave on the row of their person. */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { ProviderIdentity } from '../../adapters/oauth/provider.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { JsonObject } from '../protocol/body.ts';
import { fitsMetadata } from '../users/user-metadata.ts';
import { FULL_USER_COLUMNS, type FullUserRow, findUserById, type IdentityRow } from '../users/user-row.ts';

export function providerIdentityRow(
  provider: string,
  userId: string,
  { subject, email, data }: ProviderIdentity,
  now: Date,
): IdentityRow {
  const at = now.toISOString();
  return {
    id: randomUUID(),
    provider_id: subject,
    user_id: userId,
    provider,
    identity_data: data,
    last_sign_in_at: at,
    created_at: at,
    updated_at: at,
    email,
  };
}

/**
 * The person a provider's identity belongs to, held until the transaction ends. First the row of the person, then what is theirs: the order of
 * a deletion, which would otherwise wait for this and this for it.
 */
export async function lockOwnerOf(
  tx: Queryable,
  provider: string,
  subject: string,
): Promise<FullUserRow | undefined> {
  const [owner] = await tx.query<{ id: string }>(
    `select id from auth.users where deleted_at is null and id = (
       select user_id from auth.identities where provider = $1 and provider_id = $2
     ) for update`,
    [provider, subject],
  );
  const user = owner && (await findUserById(tx, owner.id));
  // It may have been unlinked while this waited.
  return user && identityOf(user, provider, subject) ? user : undefined;
}

/** Whoever has the address, held until the transaction ends. */
export async function lockUserByEmail(tx: Queryable, email: string): Promise<FullUserRow | undefined> {
  const [found] = await tx.query<{ id: string }>(
    'select id from auth.users where email = $1 and is_sso_user = false and deleted_at is null for update',
    [email],
  );
  const user = found && (await findUserById(tx, found.id));
  return user?.email === email ? user : undefined;
}

export const identityOf = (user: FullUserRow, provider: string, subject: string) =>
  user.identities.find((identity) => identity.provider === provider && identity.provider_id === subject);

/** False where the provider's identity already belongs to somebody. */
export async function insertIdentity(tx: Queryable, identity: IdentityRow): Promise<boolean> {
  const { id, provider_id, user_id, provider, identity_data, created_at } = identity;
  const inserted = await tx.query(
    `insert into auth.identities
       (id, provider_id, user_id, provider, identity_data, last_sign_in_at, created_at, updated_at)
     values ($1, $2, $3, $4, $5::jsonb, $6, $6, $6)
     on conflict (provider_id, provider) do nothing returning id`,
    [id, provider_id, user_id, provider, identity_data, created_at],
  );
  return inserted.length > 0;
}

/** The provider was used just now, and says this of the person today. */
export async function touchIdentity(tx: Queryable, id: string, data: JsonObject, now: Date): Promise<void> {
  await tx.query(
    'update auth.identities set identity_data = $2::jsonb, last_sign_in_at = $3, updated_at = $3 where id = $1',
    [id, data, now],
  );
}

/** What the person's row becomes by an identity. Only what is present changes. */
export interface IdentityChange {
  /** What the provider says; undefined: nothing new. */
  data?: JsonObject;
  /** What it said the last time. */
  previous?: JsonObject | undefined;
  /** An address that is theirs now, and confirmed. */
  email?: string | undefined;
  confirmsEmail?: boolean;
  noLongerAnonymous?: boolean;
}

/**
 * Brings a locked person's row in line with their identities as they are now.
 * @throws the driver's unique violation for an address that is taken: see `refusalOfDuplicate`
 */
export async function followIdentities(
  tx: Queryable,
  user: FullUserRow,
  change: IdentityChange,
  now: Date,
): Promise<FullUserRow> {
  const providers = await tx.query<{ provider: string }>(
    'select provider from auth.identities where user_id = $1 group by provider order by min(created_at), provider',
    [user.id],
  );
  const names = providers.map(({ provider }) => provider);
  const [changed] = await tx.query<FullUserRow>(
    `update auth.users set
       raw_user_meta_data = $3::jsonb,
       raw_app_meta_data = coalesce(raw_app_meta_data, '{}') || $4::jsonb,
       email = coalesce($5, email),
       email_confirmed_at = case when $6 then coalesce(email_confirmed_at, $2) else email_confirmed_at end,
       is_anonymous = is_anonymous and not $7,
       updated_at = $2
     where id = $1 returning ${FULL_USER_COLUMNS}`,
    [
      user.id,
      now,
      mergedMetadata(user.raw_user_meta_data ?? {}, change.data ?? {}, change.previous ?? {}),
      { provider: names[0] ?? null, providers: names },
      change.email ?? null,
      change.confirmsEmail ?? false,
      change.noLongerAnonymous ?? false,
    ],
  );
  if (!changed) throw new Error('A locked row went away.');
  return changed;
}

/**
 * What a provider says goes into the metadata where the person has not said otherwise: what they changed since the provider last spoke is
 * theirs. Supabase Auth overwrites it at each sign-in. What would make the metadata too large for a token stays out.
 */
function mergedMetadata(metadata: JsonObject, data: JsonObject, previous: JsonObject): JsonObject {
  const news = Object.entries(data).filter(
    ([key]) => metadata[key] === undefined || isDeepStrictEqual(metadata[key], previous[key]),
  );
  const merged = { ...metadata, ...Object.fromEntries(news) };
  return fitsMetadata(merged) ? merged : metadata;
}
