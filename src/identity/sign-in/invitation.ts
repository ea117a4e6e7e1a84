/** An administrator brings somebody in, or makes a link to send by other means. */
import type { Account } from '../account.ts';
import { OwnAccountError } from '../administration/administration-errors.ts';
import {
  type Authority,
  type AuthorityNeeds,
  asOperator,
  assertCovers,
  type Operator,
} from '../administration/authority.ts';
import { type AttemptLimiter, countAttempt } from '../attempts.ts';
import type { AuthBackend } from '../auth-backend.ts';
import type { ChangeLog } from '../changes.ts';
import type { Client } from '../client.ts';
import { parseEmailAddress } from '../email-address.ts';
import { allValid, type FieldIssue, ValidationError } from '../errors.ts';
import { assertMetadataFits, metadataFromProfile, type ProfileInput } from '../own-account/profile.ts';
import type { ActionLink, LinkType } from './invitation-backend.ts';
import { type NeedsForPassword, signInAndSetPassword } from './password-reset.ts';
import { parseShownCode, type ShownCodeInput, tryCode } from './shown-code.ts';
import { finishSignIn, type SignedIn } from './sign-in.ts';

interface Needs {
  auth: AuthBackend;
  attempts: AttemptLimiter;
  changes: ChangeLog;
  client: Client;
}

/**
 * What is said about the person is their profile. It grants nothing: roles are given by `setUserRoles`. Of an account that nobody has used yet
 * it replaces the profile and the password: so that is not done to one that holds more than the operator.
 * @throws {DeniedError} @throws {OutrankedError} @throws {ValidationError} @throws {EmailTakenError} @throws {MetadataTooLargeError} @throws {RateLimitedError}
 */
export async function inviteUser(
  needs: Needs & AuthorityNeeds,
  viewer: Operator,
  input: {
    email: string;
    profile?: ProfileInput | null | undefined;
    redirectTo?: string | null | undefined;
  },
): Promise<Account> {
  const [email, userMetadata] = readAbout(input);
  return asOperator(needs, viewer, 'users:write', async (authority) => {
    await assertCoversOwner(needs, authority, email);
    await countAttempt(needs, 'mail', email);
    const account = await needs.auth.invitations.invite({
      email,
      userMetadata,
      redirectTo: input.redirectTo ?? null,
    });
    needs.changes.userChanged(account.id);
    return account;
  });
}

/**
 * Whoever has the mail has shown that the address is theirs. A weak password is refused before the code is used; without one the person is
 * signed in, and can set one for a quarter of an hour.
 *
 * @throws {InvalidCodeError} @throws {WeakPasswordError} @throws {AccountBannedError} @throws {ValidationError} @throws {RateLimitedError}
 */
export async function acceptInvitation(
  needs: NeedsForPassword,
  input: ShownCodeInput & { newPassword?: string | null | undefined },
): Promise<SignedIn> {
  const { newPassword } = input;
  if (newPassword != null) return signInAndSetPassword(needs, 'invite', { ...input, newPassword });
  const shown = parseShownCode(input);
  const session = await tryCode(needs, shown, () => needs.auth.codes.signInWithCode('invite', shown));
  return finishSignIn(needs, session);
}

/**
 * Whoever has the link can be that person: so it is made for nobody who holds more than the operator, and not for the operator.
 * @throws {DeniedError} @throws {OutrankedError} @throws {OwnAccountError} @throws {ValidationError} @throws {UserNotFoundError}
 * @throws {EmailTakenError} @throws {WeakPasswordError} @throws {MetadataTooLargeError} @throws {RateLimitedError}
 */
export async function generateLink(
  needs: Needs & AuthorityNeeds,
  viewer: Operator,
  input: {
    type: LinkType;
    email: string;
    newEmail?: string | null | undefined;
    password?: string | null | undefined;
    profile?: ProfileInput | null | undefined;
    redirectTo?: string | null | undefined;
  },
): Promise<ActionLink> {
  const [email, userMetadata] = readAbout(input);
  assertFits(input);
  const request = {
    type: input.type,
    email,
    newEmail: input.newEmail ? parseEmailAddress(input.newEmail, ['newEmail']) : null,
    password: input.password ?? null,
    userMetadata,
    redirectTo: input.redirectTo ?? null,
  };
  return asOperator(needs, viewer, 'users:write', async (authority) => {
    if (viewer.kind === 'person' && viewer.account.email === email) throw new OwnAccountError();
    // Looked at before: even a link that nobody is given can leave an address on the row that the next mail goes to.
    await assertCoversOwner(needs, authority, email);
    const link = await needs.auth.invitations.generateLink(request);
    needs.changes.userChanged(link.account.id);
    return link;
  });
}

/** Whoever has the address now, if anybody does. @throws {OutrankedError} */
async function assertCoversOwner({ auth }: Needs, authority: Authority, email: string): Promise<void> {
  const owner = authority.isUnlimited ? null : await auth.users.findByEmail(email);
  if (owner) assertCovers(authority, owner);
}

function readAbout(input: { email: string; profile?: ProfileInput | null | undefined }) {
  const about = allValid(
    () => parseEmailAddress(input.email),
    () => metadataFromProfile(input.profile ?? {}, ['profile']),
  );
  assertMetadataFits({}, about[1]);
  return about;
}

/** Each type takes what it needs and nothing else. @throws {ValidationError} */
function assertFits(input: {
  type: LinkType;
  newEmail?: string | null | undefined;
  password?: string | null | undefined;
  profile?: ProfileInput | null | undefined;
}): void {
  const isChange = input.type === 'email_change_current' || input.type === 'email_change_new';
  // A magic link makes the account where there is none.
  const mayMakeAccount = ['signup', 'invite', 'magiclink'].includes(input.type);
  const issues: FieldIssue[] = [];
  const expect = (path: string, isGiven: boolean, isWanted: boolean, isAllowed = isWanted) => {
    if (isWanted && !isGiven) issues.push({ path: [path], code: 'REQUIRED', message: 'This type needs it.' });
    if (isGiven && !isAllowed) {
      issues.push({ path: [path], code: 'NOT_ACCEPTED', message: 'This type takes none.' });
    }
  };
  expect('newEmail', Boolean(input.newEmail), isChange);
  expect('password', Boolean(input.password), input.type === 'signup');
  expect('profile', Boolean(input.profile), false, mayMakeAccount);
  if (issues.length > 0) throw new ValidationError(issues);
}
