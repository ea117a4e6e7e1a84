import type { Client } from '../client.ts';
import type { AssuranceLevel } from '../viewer.ts';

/** A session somebody is signed in by, as they see it in a list. */
export interface SessionRecord {
  readonly id: string;
  /** What the program that refreshed it last calls itself; null if it did not say. */
  readonly userAgent: string | null;
  /** The IP address that it was last refreshed from; null where nobody wrote it down. */
  readonly address: string | null;
  readonly startedAt: Date;
  /** When its tokens were last renewed: it may have been in use for an access token's life since. */
  readonly lastUsedAt: Date;
  readonly assuranceLevel: AssuranceLevel;
  /** Whether an operator began it in the person's stead. From where is theirs to know, and is not told. */
  readonly isImpersonation: boolean;
}

/** Sessions by SQL: the protocol knows no list of them. A database that does not know the session that asks has not those of the rest. */
export interface SessionStore {
  /** The last used first, a hundred at most. Null when `ownId` is no session of theirs here. */
  list(userId: string, ownId: string): Promise<SessionRecord[] | null>;

  /** Whether it was there to be ended, which is recorded; null when `ownId` is no session of theirs here. Somebody else's reads as none. */
  end(userId: string, ownId: string, id: string, client: Client): Promise<boolean | null>;
}
