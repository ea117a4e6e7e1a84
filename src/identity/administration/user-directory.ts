/** Finding people among many: what may be asked, and the port that answers. The rules are in `user-list.ts`. */
import type { Account } from '../account.ts';
import type { JsonObject } from '../json.ts';
import type { Keyset } from '../page.ts';

export const USER_ORDERS = ['CREATED_AT', 'LAST_SIGN_IN_AT', 'EMAIL'] as const;
export type UserOrderField = (typeof USER_ORDERS)[number];

export interface UserOrder {
  readonly field: UserOrderField;
  readonly direction: 'ASC' | 'DESC';
}

export interface TimeRange {
  /** Inclusive. */
  readonly from?: Date | null | undefined;
  /** Exclusive. */
  readonly to?: Date | null | undefined;
}

/** Everything that is given must hold. */
export interface UserFilter {
  readonly ids?: readonly string[] | null | undefined;
  readonly email?: string | null | undefined;
  readonly emailPrefix?: string | null | undefined;
  readonly phone?: string | null | undefined;
  readonly phonePrefix?: string | null | undefined;
  /** Each of its words begins a word of the person's names. */
  readonly namePrefix?: string | null | undefined;
  readonly role?: string | null | undefined;
  readonly tier?: string | null | undefined;
  readonly onboardingCompleted?: boolean | null | undefined;
  readonly confirmed?: boolean | null | undefined;
  readonly banned?: boolean | null | undefined;
  readonly anonymous?: boolean | null | undefined;
  readonly createdAt?: TimeRange | null | undefined;
  readonly lastSignInAt?: TimeRange | null | undefined;
  /** What the metadata must hold, at the same paths. */
  readonly appMetadata?: JsonObject | null | undefined;
  readonly userMetadata?: JsonObject | null | undefined;
}

export interface UserQuery {
  readonly filter: UserFilter;
  /** Null: everybody. */
  readonly search: string | null;
  readonly order: UserOrder;
}

export interface UserPage {
  readonly limit: number;
  /** Where `ListedUser.key` says; undefined where the list begins, or ends. */
  readonly after: Keyset | undefined;
  readonly before: Keyset | undefined;
  /** Reads from the end, the last first. */
  readonly inverted: boolean;
}

export interface ListedUser {
  /** With its record. */
  readonly account: Account;
  /** Where the person stands in the list, in as many values as `KEY_LENGTH`. */
  readonly key: Keyset;
}

export const KEY_LENGTH = 2;

/** Beyond it the people are not counted one by one. */
export const COUNT_LIMIT = 10_000;

/** Deleted people are in none of it. Every method may throw `NotSupportedError` for what cannot be asked here. */
export interface UserDirectory {
  /** @throws {ValidationError} for a key of no list of this order */
  page(query: UserQuery, page: UserPage): Promise<ListedUser[]>;
  /** Exact; null when more than `COUNT_LIMIT` match. */
  count(query: UserQuery): Promise<number | null>;
  /** About how many match, in a time that does not depend on their number. */
  estimate(query: UserQuery): Promise<number>;
}
