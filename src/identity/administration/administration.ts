/** Making and changing accounts of others. */
import type { Account } from '../account.ts';
import { changing } from '../changes.ts';
import { parseEmailAddress } from '../email-address.ts';
import { allValid, type FieldIssue, UserNotFoundError, ValidationError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { assertMetadataFits, metadataFromProfile, type ProfileInput } from '../own-account/profile.ts';
import { parsePhoneNumber } from '../phone-number.ts';
import type { PasswordPolicy } from '../sign-in/password-policy.ts';
import { isStorableJson } from '../text.ts';
import { type AuthorityNeeds, actOn, asOperator, assertHolds, type Operator } from './authority.ts';
import { parseNames, parseTier } from './grants.ts';

/** Written by mutations of their own, where there are rules for them, or by the auth server itself. */
const RESERVED_KEYS: ReadonlySet<string> = new Set([
  'role',
  'roles',
  'permissions',
  'tier',
  'provider',
  'providers',
  '__proto__',
]);

export interface CreateUserInput {
  email?: string | null | undefined;
  phone?: string | null | undefined;
  password?: string | null | undefined;
  confirmed: boolean;
  profile?: ProfileInput | null | undefined;
  appMetadata?: JsonObject | null | undefined;
  roles?: readonly string[] | null | undefined;
  permissions?: readonly string[] | null | undefined;
  tier?: string | null | undefined;
}

/**
 * @throws {DeniedError} @throws {ValidationError} @throws {OutrankedError} roles and permissions take `roles:write`, and are the operator's own
 * @throws {EmailTakenError} @throws {PhoneTakenError} @throws {WeakPasswordError} @throws {MetadataTooLargeError} @throws {RefusedError}
 */
export async function createUser(
  needs: AuthorityNeeds & { passwordPolicy: PasswordPolicy },
  viewer: Operator,
  input: CreateUserInput,
): Promise<Account> {
  if (!input.email && !input.phone) {
    const message = 'An address or a number to sign in with.';
    throw new ValidationError([{ path: ['email'], code: 'REQUIRED', message }]);
  }
  const [addresses, metadata] = allValid(
    () => parseAddresses(input),
    () => parseMetadata(input),
  );
  const grants = {
    ...(input.roles?.length && { roles: parseNames('roles', input.roles) }),
    ...(input.permissions?.length && { permissions: parseNames('permissions', input.permissions) }),
  };
  const tier = parseTier(input.tier);
  const appMetadata = { ...metadata.app, ...grants, ...(tier && { tier }) };
  const userMetadata = metadata.user;
  assertMetadataFits({}, userMetadata);
  assertMetadataFits({}, appMetadata);
  if (input.password) needs.passwordPolicy.assertStrong(input.password, addresses.email ?? null);
  return asOperator(needs, viewer, 'users:write', async (authority) => {
    if (Object.keys(grants).length > 0) assertHolds(authority, { permissions: ['roles:write'] });
    assertHolds(authority, grants);
    return needs.auth.users.create({
      email: addresses.email ?? null,
      phone: addresses.phone ?? null,
      password: input.password || null,
      isConfirmed: input.confirmed,
      userMetadata,
      appMetadata,
    });
  });
}

export interface UpdateUserInput {
  userId: string;
  email?: string | null | undefined;
  phone?: string | null | undefined;
  confirmed?: boolean | null | undefined;
  profile?: ProfileInput | null | undefined;
  appMetadata?: JsonObject | null | undefined;
}

/**
 * Changes of address hold at once, and the owner of the former one is told.
 * @throws {DeniedError} @throws {ValidationError} @throws {UserNotFoundError} @throws {OwnAccountError} @throws {OutrankedError}
 * @throws {EmailTakenError} @throws {PhoneTakenError} @throws {MetadataTooLargeError}
 */
export async function updateUser(
  needs: AuthorityNeeds,
  viewer: Operator,
  input: UpdateUserInput,
): Promise<Account> {
  const [addresses, metadata] = allValid(
    () => parseAddresses(input),
    () => parseMetadata(input),
  );
  const act = { permission: 'users:write', userId: input.userId, toOneself: 'refused' } as const;
  return actOn(needs, viewer, act, async (target) => {
    assertMetadataFits(target.userMetadata, metadata.user);
    assertMetadataFits(target.appMetadata, metadata.app);
    return changing(needs.changes, target.id, async () => {
      const updated = await needs.auth.users.update(target.id, {
        ...addresses,
        ...(input.confirmed && (addresses.email ?? target.email) && { confirmsEmail: true }),
        ...(input.confirmed && (addresses.phone ?? target.phone) && { confirmsPhone: true }),
        ...(!isEmpty(metadata.user) && { userMetadata: metadata.user }),
        ...(!isEmpty(metadata.app) && { appMetadata: metadata.app }),
      });
      if (!updated) throw new UserNotFoundError();
      return updated;
    });
  });
}

function parseAddresses({ email, phone }: Pick<UpdateUserInput, 'email' | 'phone'>) {
  const [parsedEmail, parsedPhone] = allValid(
    () => (email ? parseEmailAddress(email) : undefined),
    () => (phone ? parsePhoneNumber(phone) : undefined),
  );
  return { ...(parsedEmail && { email: parsedEmail }), ...(parsedPhone && { phone: parsedPhone }) };
}

function parseMetadata({ profile, appMetadata }: Pick<UpdateUserInput, 'profile' | 'appMetadata'>) {
  const [user, app] = allValid(
    () => metadataFromProfile(profile ?? {}, ['profile']),
    () => parseAppMetadata(appMetadata ?? {}),
  );
  return { user, app };
}

/** @throws {ValidationError} */
function parseAppMetadata(given: JsonObject): JsonObject {
  const issues = Object.entries(given).flatMap(([key, value]): FieldIssue[] => {
    if (RESERVED_KEYS.has(key)) {
      const message = `${key} has a mutation of its own, or is kept by the auth server.`;
      return [{ path: ['appMetadata', key], code: 'RESERVED_KEY', message }];
    }
    if (isStorableJson({ [key]: value })) return [];
    const message = 'A text here holds a character that cannot be stored.';
    return [{ path: ['appMetadata'], code: 'INVALID_CHARACTER', message }];
  });
  if (issues.length > 0) throw new ValidationError(issues);
  return given;
}

const isEmpty = (metadata: JsonObject) => Object.keys(metadata).length === 0;
