/** What every way to a session ends in: whom the tokens are for, and of which session. */
import { conflict } from '../protocol/protocol-error.ts';
import type { FullUserRow } from '../users/user-row.ts';
import type { SessionFacts } from './session-row.ts';

export interface Grant {
  user: FullUserRow;
  session: SessionFacts;
  refreshToken: string;
  /**
   * Taken before the row was read that `user` is: whoever hears of a change tells by it whether a token may be from before, so it must
   * never be later than what the token says is true.
   */
  issuedAt: Date;
  /** Sent beside the tokens, for whoever reads logs. Never a whole token of version 1: it is all there is to it. */
  trace: Record<string, string>;
  /** How the tokens were asked for, where it is not how the session last proved who it is: `token_refresh`. */
  method?: string;
  /** True where the session began with this very request. */
  isNewSession?: boolean;
  /** For the provider's own API: handed out this once, and kept nowhere. */
  providerTokens?: { accessToken: string; refreshToken: string | null };
  weakPassword?: { message: string; reasons: string[] } | null;
}

const MAX_ROUNDS = 3;

/** As null below, from within a transaction that must leave nothing behind. */
export class LostRound extends Error {
  override readonly name = 'LostRound';
}

/**
 * Null is a round lost to somebody who changed the row between the reading of it and the writing; the next one reads what they left.
 * @throws {ProtocolError} 409 conflict, when none is won
 */
export async function inRounds<Result = Grant>(round: () => Promise<Result | null>): Promise<Result> {
  for (let count = 0; count < MAX_ROUNDS; count++) {
    try {
      const result = await round();
      if (result) return result;
    } catch (error) {
      if (!(error instanceof LostRound)) throw error;
    }
  }
  throw conflict();
}
