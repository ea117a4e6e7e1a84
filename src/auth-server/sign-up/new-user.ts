/** Somebody new: the rows as they will be, and the one statement that writes them. */
import { randomUUID } from 'node:crypto';
import { auditRows, insertAuditRows, noteRecorded } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { JsonObject } from '../protocol/body.ts';
import { newIdentity } from '../users/identity-row.ts';
import type { FullUserRow } from '../users/user-row.ts';
import type { AdmittedUser } from './admitted-user.ts';

export interface NewUser {
  id: string;
  /** At least one of the two, but for somebody anonymous, who has neither. */
  email?: string | undefined;
  phone?: string | undefined;
  isAnonymous?: boolean;
  encryptedPassword: string | null;
  isEmailConfirmed: boolean;
  isPhoneConfirmed: boolean;
  confirmationSentAt?: Date | undefined;
  invitedAt?: Date | undefined;
  role?: string | undefined;
  bannedUntil?: Date | null | undefined;
  appMetadata?: JsonObject | undefined;
  userMetadata: JsonObject;
}

export function newUserRow(input: NewUser, now: Date): FullUserRow {
  const { id, email, phone, isEmailConfirmed, isPhoneConfirmed } = input;
  const identities = [
    ...(email ? [newIdentity('email', id, email, isEmailConfirmed, now)] : []),
    ...(phone ? [newIdentity('phone', id, phone, isPhoneConfirmed, now)] : []),
  ];
  const providers = identities.map(({ provider }) => provider);
  // As Supabase Auth has it: nobody vouches for somebody anonymous, so nothing is said of providers.
  const provenance = providers.length > 0 ? { provider: providers[0], providers } : {};
  return {
    id,
    aud: 'authenticated',
    role: input.role ?? 'authenticated',
    email: email ?? null,
    encrypted_password: input.encryptedPassword,
    email_confirmed_at: email && isEmailConfirmed ? now : null,
    invited_at: input.invitedAt ?? null,
    phone: phone ?? null,
    phone_confirmed_at: phone && isPhoneConfirmed ? now : null,
    confirmation_sent_at: input.confirmationSentAt ?? null,
    confirmed_at: (email && isEmailConfirmed) || (phone && isPhoneConfirmed) ? now : null,
    recovery_sent_at: null,
    email_change: '',
    email_change_sent_at: null,
    email_change_confirm_status: 0,
    phone_change: '',
    phone_change_sent_at: null,
    reauthentication_sent_at: null,
    last_sign_in_at: null,
    raw_app_meta_data: withoutNulls({ ...provenance, ...input.appMetadata }),
    raw_user_meta_data: withoutNulls(input.userMetadata),
    created_at: now,
    updated_at: now,
    banned_until: input.bannedUntil ?? null,
    deleted_at: null,
    is_anonymous: input.isAnonymous ?? false,
    is_sso_user: false,
    identities,
    factors: [],
  };
}

/** Null takes a key away, also from somebody new. */
function withoutNulls(metadata: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null));
}

/**
 * False when the e-mail address is taken (or, for somebody without one, the phone number), and then nothing is written: the unique index
 * decides, not a look beforehand. Where Supabase Auth reads texts that cannot be null, empty ones are written. What the after-user-created
 * hook is to hear waits in the outbox from the same statement on, and so is recorded that it was made: there is no account without either.
 *
 * @throws the driver's unique violation for a phone number beside an address, or an id, that is taken
 */
export async function insertUser(database: Queryable, user: AdmittedUser): Promise<boolean> {
  const { client, events } = user.origin;
  const taken = user.email || !user.phone ? '(email) where is_sso_user = false' : '(phone)';
  const inserted = await database.query(
    `with inserted as (
       insert into auth.users (
         instance_id, id, aud, role, email, phone, encrypted_password, email_confirmed_at, phone_confirmed_at,
         confirmation_sent_at, invited_at, is_anonymous, raw_app_meta_data, raw_user_meta_data, banned_until, created_at, updated_at,
         confirmation_token, recovery_token, email_change_token_new, email_change, email_change_token_current,
         phone_change, phone_change_token, reauthentication_token)
       values (
         '00000000-0000-0000-0000-000000000000', $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::jsonb, $13::jsonb, $14, $15, $15,
         '', '', '', '', '', '', '', '')
       on conflict ${taken} do nothing
       returning id
     ), known as (
       insert into auth.identities
         (id, provider_id, user_id, provider, identity_data, last_sign_in_at, created_at, updated_at)
       select identity.id, provider_id, inserted.id, provider, identity_data, $15, $15, $15
       from inserted, jsonb_to_recordset($16::jsonb)
         as identity (id uuid, provider_id text, provider text, identity_data jsonb)
     ), announced as (
       insert into limen.outbox (id, user_id, channel, recipient, payload, created_at, due_at)
       select $17, inserted.id, 'hook', 'after_user_created', $18::jsonb, $15, $15 from inserted where $18::jsonb is not null
     ), recorded as (
       ${insertAuditRows('$19', 'inserted')}
     )
     select id from inserted`,
    [
      user.id,
      user.aud,
      user.role,
      user.email,
      user.phone,
      user.encrypted_password,
      user.email_confirmed_at,
      user.phone_confirmed_at,
      user.confirmation_sent_at,
      user.invited_at,
      user.is_anonymous,
      user.raw_app_meta_data,
      user.raw_user_meta_data,
      user.banned_until,
      user.created_at,
      JSON.stringify(user.identities),
      randomUUID(),
      user.createdEvent && { channel: 'hook', to: 'after_user_created', body: user.createdEvent },
      auditRows(client, ...events),
    ],
  );
  if (inserted.length > 0) noteRecorded(client, ...events);
  return inserted.length > 0;
}
