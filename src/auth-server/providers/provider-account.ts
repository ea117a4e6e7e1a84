/** Whose account it is that a provider's identity opens. */
import { randomUUID } from 'node:crypto';
import type { ProviderIdentity } from '../../adapters/oauth/provider.ts';
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import { type Queryable, UNIQUE_VIOLATION } from '../../adapters/postgres/database.ts';
import { isSignedUp } from '../addresses/emptied-account.ts';
import { addressOfToken } from '../codes/one-time-token.ts';
import type { Client } from '../protocol/client.ts';
import type { Services } from '../protocol/endpoint.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { inRounds, LostRound } from '../sessions/grant.ts';
import { type AdmittedUser, admitUser } from '../sign-up/admitted-user.ts';
import { insertUser, newUserRow } from '../sign-up/new-user.ts';
import { resetUnclaimedUser } from '../sign-up/unclaimed-user.ts';
import { addNotice } from '../users/notice.ts';
import { type FullUserRow, isBanned } from '../users/user-row.ts';
import {
  followIdentities,
  identityOf,
  insertIdentity,
  lockOwnerOf,
  lockUserByEmail,
  providerIdentityRow,
  touchIdentity,
} from './provider-identity.ts';

export interface FromProvider {
  /** As `auth.identities.provider` has it. */
  provider: string;
  label: string;
  emailOptional: boolean;
  identity: ProviderIdentity;
  now: Date;
}

/** Null is a round lost to somebody who took the address or the identity meanwhile. */
export type Opened = { user: FullUserRow; isChanged: boolean } | null;

/** Somebody is new, and nobody has asked about them yet. */
class Newcomer extends Error {
  override readonly name = 'Newcomer';
  readonly user: FullUserRow;

  constructor(user: FullUserRow) {
    super('somebody new');
    this.user = user;
  }
}

/**
 * Does what opens an account, in rounds; where that makes somebody new, what is to be asked about them is asked first, with no transaction open.
 * @param work one round, in a transaction of its own
 */
export async function opening<Result>(
  services: Services,
  client: Client,
  work: (newcomer: AdmittedUser | null) => Promise<Result>,
): Promise<Result> {
  let newcomer: AdmittedUser | null = null;
  return inRounds(async () => {
    try {
      return await work(newcomer);
    } catch (error) {
      if (!(error instanceof Newcomer)) throw error;
      newcomer = await admitUser(services, client, error.user);
      return work(newcomer);
    }
  });
}

/**
 * Finds the account of a provider's identity, or makes it. Without an identity of before, only an address that the provider knows to be theirs
 * leads to an account that is there already, and only to one whose own address is proven: else whoever sets a name on a provider, or signs up
 * first with somebody else's address, would share an account with its owner.
 *
 * @throws {ProtocolError} 403 user_banned, 422 provider_email_needs_verification, email_exists, signup_disabled
 */
export async function openProviderAccount(
  services: Services,
  tx: Queryable,
  client: Client,
  from: FromProvider,
  newcomer: AdmittedUser | null,
): Promise<Opened> {
  const { provider, identity, now } = from;
  const owner = await lockOwnerOf(tx, provider, identity.subject);
  if (owner) return openKnown(tx, owner, from);

  const email = identity.emailVerified ? identity.email : null;
  if (!email && !from.emailOptional) throw emailNeeded(from);
  const holder = email === null ? undefined : await lockUserByEmail(tx, email);
  if (!holder) return createFromProvider(services, tx, from, email, newcomer);
  assertNotBanned(holder, now);
  const isProven = isAddressProven(services, holder);
  if (!isProven && !isUnclaimed(holder)) throw addressUnproven();
  const mayBeAStrangers = !isProven && isSignedUp(holder);
  if (mayBeAStrangers) await resetUnclaimedUser(tx, holder, now);
  if (!(await insertIdentity(tx, providerIdentityRow(provider, holder.id, identity, now)))) return null;
  const user = await followIdentities(
    tx,
    mayBeAStrangers ? { ...holder, raw_user_meta_data: {} } : holder,
    { data: identity.data, confirmsEmail: true },
    now,
  );
  if (isProven) await addNotice(services, tx, user, 'identity-linked', { provider: from.label });
  await recordEvents(tx, client, {
    action: 'identity.linked',
    userId: user.id,
    isByThemselves: true,
    details: { provider, ...(mayBeAStrangers && { reason: 'address_claimed' }) },
  });
  return { user, isChanged: true };
}

async function openKnown(tx: Queryable, owner: FullUserRow, from: FromProvider): Promise<Opened> {
  const { provider, identity, now } = from;
  assertNotBanned(owner, now);
  const isTheirs = identity.emailVerified && identity.email === owner.email;
  const isConfirmed = owner.email_confirmed_at ?? owner.phone_confirmed_at ?? owner.email === null;
  if (!isConfirmed && !isTheirs) throw emailNeeded(from);
  const row = identityOf(owner, provider, identity.subject)!;
  await touchIdentity(tx, row.id, identity.data, now);
  const user = await followIdentities(
    tx,
    owner,
    { data: identity.data, previous: row.identity_data, confirmsEmail: isTheirs },
    now,
  );
  const before = JSON.stringify([
    owner.raw_user_meta_data,
    owner.raw_app_meta_data,
    owner.email_confirmed_at,
  ]);
  const after = JSON.stringify([user.raw_user_meta_data, user.raw_app_meta_data, user.email_confirmed_at]);
  return { user, isChanged: before !== after };
}

async function createFromProvider(
  { settings }: Services,
  tx: Queryable,
  { provider, identity, now }: FromProvider,
  email: string | null,
  newcomer: AdmittedUser | null,
): Promise<Opened> {
  if (!settings.signupEnabled) {
    throw new ProtocolError(422, 'signup_disabled', 'Signups not allowed for this instance');
  }
  if (newcomer) return insertNewcomer(tx, newcomer);
  const id = randomUUID();
  const user = newUserRow(
    {
      id,
      email: email ?? undefined,
      encryptedPassword: null,
      isEmailConfirmed: true,
      isPhoneConfirmed: false,
      appMetadata: { provider, providers: [provider] },
      userMetadata: identity.data,
    },
    now,
  );
  const identities = [providerIdentityRow(provider, id, identity, now)];
  // The address stands on the person and in the provider's identity; there is no password to it, and so no identity of its own.
  throw new Newcomer({ ...user, identities });
}

async function insertNewcomer(tx: Queryable, newcomer: AdmittedUser): Promise<Opened> {
  try {
    return (await insertUser(tx, newcomer)) ? { user: newcomer, isChanged: false } : null;
  } catch (error) {
    const { code, constraint } = error as { code?: string; constraint?: string };
    if (code !== UNIQUE_VIOLATION || constraint !== 'identities_provider_id_provider_unique') throw error;
    // Somebody without an address, who came twice at once: nothing else of the two rows is the same.
    throw new LostRound();
  }
}

/**
 * Where sign-ups are confirmed by mail, a confirmed address is proven. Where they are confirmed at once, anybody may have signed up with it,
 * and only what a provider vouched for is.
 */
function isAddressProven({ settings }: Services, user: FullUserRow): boolean {
  if (!user.email_confirmed_at) return false;
  if (settings.emailConfirmation) return true;
  return user.identities.some(
    ({ provider, email, identity_data }) =>
      provider !== 'email' &&
      provider !== 'phone' &&
      email === user.email &&
      identity_data.email_verified === true,
  );
}

/** An account that nobody ever got into, and that nobody but whoever has the mailbox could. */
function isUnclaimed(user: FullUserRow): boolean {
  const isOthers = user.identities.some(({ provider }) => provider !== 'email' && provider !== 'phone');
  return !user.email_confirmed_at && !user.phone_confirmed_at && !user.last_sign_in_at && !isOthers;
}

/**
 * An invitation opens the account it made whoever brings its address; beside that it is only compared.
 * @throws {ProtocolError} 403 otp_expired, 422 invite_not_found
 */
export async function assertInvited(tx: Queryable, inviteHash: string, from: FromProvider): Promise<void> {
  const address = await addressOfToken(tx, inviteHash, 'confirmation_token');
  if (address === undefined) {
    throw new ProtocolError(403, 'otp_expired', 'Email link is invalid or has expired');
  }
  const { email, emailVerified } = from.identity;
  if (!emailVerified || email !== address) {
    throw new ProtocolError(
      422,
      'invite_not_found',
      'Invited email does not match emails from external provider',
    );
  }
}

export function assertNotBanned(user: FullUserRow, now: Date): void {
  if (isBanned(user, now)) throw new ProtocolError(403, 'user_banned', 'User is banned');
}

/** Says nothing of whether the address has an account here. */
function emailNeeded({ label, identity }: FromProvider): ProtocolError {
  return new ProtocolError(
    422,
    'provider_email_needs_verification',
    identity.email
      ? `Unverified email with ${label}. Verify the email with ${label} in order to sign in`
      : `${label} gave no email address`,
  );
}

/** Told only to whoever the provider knows to have the mailbox. */
const addressUnproven = () =>
  new ProtocolError(
    422,
    'email_exists',
    'An account with this email address exists, and its address was never proven. Sign in to it, and link this provider there',
  );
