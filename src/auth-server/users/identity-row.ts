/** How a person is known: there is an identity for the e-mail address and for the phone number, as for every provider. */
import { randomUUID } from 'node:crypto';
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { IdentityRow } from './user-row.ts';

/** @param isVerified whether the address (or number) is known to be theirs. */
export function newIdentity(
  provider: 'email' | 'phone',
  userId: string,
  address: string,
  isVerified: boolean,
  now: Date,
): IdentityRow {
  const at = now.toISOString();
  return {
    id: randomUUID(),
    // For a provider `email` or `phone` the person's own id; their address may change.
    provider_id: userId,
    user_id: userId,
    provider,
    identity_data: {
      sub: userId,
      [provider]: address,
      email_verified: provider === 'email' && isVerified,
      phone_verified: provider === 'phone' && isVerified,
    },
    last_sign_in_at: at,
    created_at: at,
    updated_at: at,
    email: provider === 'email' ? address : null,
  };
}

/** Keeps the identity in step with an address that changed; somebody who had none gets one. */
export async function saveIdentity(tx: Queryable, identity: IdentityRow): Promise<void> {
  const { id, provider_id, user_id, provider, identity_data, created_at } = identity;
  await tx.query(
    `insert into auth.identities
       (id, provider_id, user_id, provider, identity_data, last_sign_in_at, created_at, updated_at)
     values ($1, $2, $3, $4, $5::jsonb, $6, $6, $6)
     on conflict (provider_id, provider) do update
       set identity_data = identities.identity_data || excluded.identity_data, updated_at = excluded.updated_at`,
    [id, provider_id, user_id, provider, identity_data, created_at],
  );
}
