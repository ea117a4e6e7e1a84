/** Changes to somebody who is there already, by themselves or by an administrator. */
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import { type Queryable, UNIQUE_VIOLATION } from '../../adapters/postgres/database.ts';
import { dropTokens, ONE_TIME_TOKEN_TYPES, type OneTimeTokenType } from '../codes/one-time-token.ts';
import { dropAuthCodes } from '../links/flow-state.ts';
import type { JsonObject } from '../protocol/body.ts';
import type { Client } from '../protocol/client.ts';
import { emailExists, ProtocolError, phoneExists } from '../protocol/protocol-error.ts';
import { eventsOfChange, type UserChange } from './change-events.ts';
import { newIdentity, saveIdentity } from './identity-row.ts';
import { FULL_USER_COLUMNS, type FullUserRow } from './user-row.ts';

/**
 * The person as they are afterwards, and what changed is recorded; undefined when they are gone, or when the stored hash is no longer `insteadOf`.
 * @throws the driver's unique violation: see `refusalOfDuplicate`
 */
export async function changeUser(
  tx: Queryable,
  client: Client,
  user: FullUserRow,
  change: UserChange,
  now: Date,
): Promise<FullUserRow | undefined> {
  const email = change.email ?? user.email;
  const phone = change.phone ?? user.phone;
  const followUp = await changeIdentities(tx, user, change, now);
  const outdated = outdatedBy(change);
  if (outdated.length > 0) await dropTokens(tx, user.id, outdated);
  if (change.email || change.encryptedPassword) await dropAuthCodes(tx, user.id);
  const parameters: unknown[] = [user.id, now];
  const assignments = ['updated_at = $2'];
  const conditions = ['id = $1'];
  const add = (value: unknown) => `$${parameters.push(value)}`;
  const merge = (column: string, changes: JsonObject | undefined) => {
    if (!changes) return;
    const removed = Object.keys(changes).filter((key) => changes[key] === null);
    assignments.push(
      `${column} = (coalesce(${column}, '{}') || ${add(changes)}::jsonb) - ${add(removed)}::text[]`,
    );
  };

  if (change.email) assignments.push(`email = ${add(change.email)}`);
  if (change.phone) assignments.push(`phone = ${add(change.phone)}`);
  if (outdated.includes('email_change_token_new')) {
    assignments.push("email_change = ''", 'email_change_confirm_status = 0');
  }
  if (outdated.includes('phone_change_token')) assignments.push("phone_change = ''");
  if (email && change.confirmsEmail)
    assignments.push('email_confirmed_at = coalesce(email_confirmed_at, $2)');
  if (phone && change.confirmsPhone)
    assignments.push('phone_confirmed_at = coalesce(phone_confirmed_at, $2)');
  // Whoever has an address that is known to be theirs is a full person from then on, with the same id.
  if ((email && change.confirmsEmail) || (phone && change.confirmsPhone))
    assignments.push('is_anonymous = false');
  if (change.role) assignments.push(`role = ${add(change.role)}`);
  if (change.bannedUntil !== undefined) assignments.push(`banned_until = ${add(change.bannedUntil)}`);
  if (change.encryptedPassword) {
    const { hash, insteadOf } = change.encryptedPassword;
    assignments.push(`encrypted_password = ${add(hash)}`);
    if (insteadOf !== undefined) conditions.push(`encrypted_password is not distinct from ${add(insteadOf)}`);
  }
  merge('raw_user_meta_data', withFollowUp(change.userMetadata, followUp.userMetadata));
  merge('raw_app_meta_data', withFollowUp(change.appMetadata, followUp.appMetadata));

  const [changed] = await tx.query<FullUserRow>(
    `update auth.users set ${assignments.join(', ')} where ${conditions.join(' and ')} returning ${FULL_USER_COLUMNS}`,
    parameters,
  );
  if (changed) await recordEvents(tx, client, ...eventsOfChange(user, change));
  return changed;
}

/** What was sent before is worthless once the account is reached, or signed in to, by something else. */
function outdatedBy({ email, phone, encryptedPassword }: UserChange): OneTimeTokenType[] {
  if (email || encryptedPassword) return [...ONE_TIME_TOKEN_TYPES];
  return phone ? ['confirmation_token', 'phone_change_token', 'reauthentication_token'] : [];
}

/** What the caller asked for stands; what follows from another change is added to it. */
function withFollowUp(asked: JsonObject | undefined, followUp: JsonObject): JsonObject | undefined {
  return Object.keys(followUp).length > 0 ? { ...followUp, ...asked } : asked;
}

interface FollowUp {
  userMetadata: JsonObject;
  appMetadata: JsonObject;
}

/** Runs before the row itself changes, so that its `returning` shows the identities as they are then. */
async function changeIdentities(
  tx: Queryable,
  user: FullUserRow,
  change: UserChange,
  now: Date,
): Promise<FollowUp> {
  const email = change.email ?? (change.confirmsEmail ? user.email : null);
  const phone = change.phone ?? (change.confirmsPhone ? user.phone : null);
  const followUp: FollowUp = { userMetadata: {}, appMetadata: {} };
  const known = user.raw_app_meta_data?.providers;
  const providers = new Set<unknown>(Array.isArray(known) ? known : []);
  const countBefore = providers.size;
  // First the person, then what is theirs: the order of a deletion, which would otherwise wait for this and this for it.
  if (email || phone) await tx.query('select 1 from auth.users where id = $1 for update', [user.id]);

  if (email) {
    const isVerified = change.confirmsEmail || user.email_confirmed_at !== null;
    await saveIdentity(tx, newIdentity('email', user.id, email, isVerified, now));
    providers.add('email');
    followUp.userMetadata = inStep(user.raw_user_meta_data, { email, email_verified: isVerified });
  }
  if (phone) {
    const isVerified = change.confirmsPhone || user.phone_confirmed_at !== null;
    await saveIdentity(tx, newIdentity('phone', user.id, phone, isVerified, now));
    providers.add('phone');
    followUp.userMetadata = {
      ...followUp.userMetadata,
      ...inStep(user.raw_user_meta_data, { phone, phone_verified: isVerified }),
    };
  }
  if (providers.size > countBefore) followUp.appMetadata = { providers: [...providers] };
  return followUp;
}

/** Of the copies that a sign-up leaves in the metadata, those that are there. */
function inStep(metadata: JsonObject | null, values: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([key]) => metadata?.[key] !== undefined));
}

/** What somebody else already has, by the constraint that says so. */
export function refusalOfDuplicate(error: unknown): unknown {
  const { code, constraint } = error as { code?: string; constraint?: string };
  if (code !== UNIQUE_VIOLATION) return error;
  if (constraint === 'users_email_partial_key') return emailExists();
  if (constraint === 'users_phone_key') return phoneExists();
  if (constraint === 'users_pkey') {
    return new ProtocolError(422, 'user_already_exists', 'A user with this id has already been registered');
  }
  return error;
}
