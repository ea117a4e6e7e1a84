/** Accounts and links that an administrator makes for others. */
import type { Account } from '../account.ts';
import type { JsonObject } from '../json.ts';

/** Needs the project's secret key. Every method may throw what every `AuthBackend` method may. */
export interface InvitationBackend {
  /** Makes the account, unconfirmed, and mails a link. @throws {EmailTakenError} @throws {ValidationError} */
  invite(input: { email: string; userMetadata: JsonObject; redirectTo: string | null }): Promise<Account>;

  /** Sends nothing. @throws {UserNotFoundError} @throws {EmailTakenError} @throws {WeakPasswordError} @throws {ValidationError} */
  generateLink(input: LinkRequest): Promise<ActionLink>;
}

export const LINK_TYPES = [
  'signup',
  'invite',
  'magiclink',
  'recovery',
  'email_change_current',
  'email_change_new',
] as const;

export type LinkType = (typeof LINK_TYPES)[number];

export interface LinkRequest {
  readonly type: LinkType;
  readonly email: string;
  /** For a change of e-mail, and nothing else. */
  readonly newEmail: string | null;
  /** For a sign-up, and nothing else. */
  readonly password: string | null;
  readonly userMetadata: JsonObject;
  readonly redirectTo: string | null;
}

/** A credential: whoever holds it can sign in as the account, once. */
export interface ActionLink {
  readonly url: string;
  readonly oneTimeCode: string;
  readonly tokenHash: string;
  /** What it is presented as. */
  readonly verificationType: string;
  readonly redirectTo: string | null;
  readonly account: Account;
}
