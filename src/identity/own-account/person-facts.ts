import type { Account } from '../account.ts';
import type { Client } from '../client.ts';

/** What Limen itself keeps about somebody, wherever they live. All null for somebody it knows nothing about. */
export interface PersonFacts {
  /** When they finished their onboarding; null while they have not. */
  readonly onboardedAt: Date | null;
  /** When they last agreed to mail, refused it, or withdrew; null if they never said. */
  readonly emailConsentAt: Date | null;
  /** When the account is deleted unless that is called off; null where nobody asked for it. */
  readonly deletesAt: Date | null;
}

export interface PersonFactStore {
  /** One query for all. */
  read(userIds: readonly string[]): Promise<Map<string, PersonFacts>>;

  /**
   * Writes down, with the time, what is new in what somebody says about themselves, and records a consent given or withdrawn. Does nothing where
   * the database does so itself.
   */
  noteProfile(account: Account, client: Client): Promise<void>;

  /** Takes away all that Limen's own tables have of somebody who is no more. */
  forget(userId: string): Promise<void>;
}
