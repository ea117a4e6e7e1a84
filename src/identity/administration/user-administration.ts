/** What the rules need of Supabase Auth to act on other people's accounts. */
import type { Account } from '../account.ts';
import type { JsonObject } from '../json.ts';

/** Needs the project's secret key. Every method may throw what every `AuthBackend` method may. */
export interface UserAdministration {
  /** @throws {EmailTakenError} @throws {PhoneTakenError} @throws {WeakPasswordError} @throws {ValidationError} */
  create(input: NewUser): Promise<Account>;

  /** Null for an unknown id. @throws {EmailTakenError} @throws {PhoneTakenError} @throws {ValidationError} */
  update(id: string, change: UserChange): Promise<Account | null>;

  /** False for an unknown id. A soft deletion leaves a row without anything personal, so that what refers to the id still means somebody. */
  delete(id: string, mode: DeletionMode): Promise<boolean>;

  /** How many ended; null for an unknown id. @throws {NotSupportedError} on Supabase, whose API ends sessions only by their own tokens */
  endSessions(id: string): Promise<number | null>;

  /** Removes the second factors, begun ones and recovery codes included, and tells the person. Null for an unknown id. */
  resetMfa(id: string, options: { removePasskeys: boolean }): Promise<MfaReset | null>;

  /** Null for an address that nobody has. Makes links that were mailed for a lost password worthless where people live at Supabase. */
  findByEmail(email: string): Promise<Account | null>;
}

export interface NewUser {
  readonly email: string | null;
  /** Digits of E.164 without the plus. */
  readonly phone: string | null;
  /** Null: they sign in by other means, or reset it. */
  readonly password: string | null;
  /** Whether the addresses count as confirmed from the start. */
  readonly isConfirmed: boolean;
  readonly userMetadata: JsonObject;
  readonly appMetadata: JsonObject;
}

/** Only what is present changes. Metadata is merged one level deep, and null takes a key away. */
export interface UserChange {
  readonly email?: string;
  readonly phone?: string;
  /** True: counts as confirmed from now on. */
  readonly confirmsEmail?: boolean;
  readonly confirmsPhone?: boolean;
  readonly userMetadata?: JsonObject;
  readonly appMetadata?: JsonObject;
  readonly ban?: Ban | null;
}

export interface Ban {
  readonly seconds: number;
  /** For the records of the auth server; the person is never told. */
  readonly reason: string | null;
}

export type DeletionMode = 'soft' | 'hard';

export interface MfaReset {
  readonly factorsRemoved: number;
  readonly passkeysRemoved: number;
  /** Null where nobody can: on Supabase, without its database. Sessions that had shown a factor count as AAL1 there. */
  readonly sessionsEnded: number | null;
}
