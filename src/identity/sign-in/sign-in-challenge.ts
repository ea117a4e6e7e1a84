/**
 * A sign-in that waits for a second factor. Supabase Auth hands the first factor's session out, and only names it aal1; here it never leaves
 * the house. Its refresh token is thrown away, and its access token is sealed with a key made of the challenge id: the client holds the
 * one, the database the other, and neither is worth anything alone.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

export interface SignInChallengeStore {
  /** Answers when it ends: after five minutes, or with `latest`. */
  create(
    challenge: { idHash: string; userId: string; sessionId: string; sealed: string },
    latest: Date,
  ): Promise<Date>;

  /**
   * Takes the challenge for one attempt at answering it: until `release` or `remove`, nobody else gets it. `busy` when somebody has it; null
   * when there is none, or it is over. At most five attempts are given.
   */
  claim(idHash: string): Promise<ClaimedChallenge | 'busy' | null>;

  /** After a wrong answer. */
  release(idHash: string): Promise<void>;

  /** After a right one, or the last wrong one. */
  remove(idHash: string): Promise<void>;
}

export interface ClaimedChallenge {
  readonly userId: string;
  readonly sealed: string;
  readonly attemptsLeft: number;
}

/** What waits. */
export interface HeldSignIn {
  readonly accessToken: string;
  /** Whose codes are tried. */
  readonly totpFactorIds: readonly string[];
}

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

export const newChallengeId = () => randomBytes(32).toString('base64url');

/** How the database names a challenge. */
export const hashOfChallengeId = (id: string) => createHash('sha256').update(id).digest('base64url');

export function seal(challengeId: string, held: HeldSignIn): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(challengeId), iv);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(held), 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** @throws {Error} for what was not sealed with this id */
export function unseal(challengeId: string, sealed: string): HeldSignIn {
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv(CIPHER, keyOf(challengeId), bytes.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const opened = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
  return JSON.parse(opened.toString('utf8')) as HeldSignIn;
}

/** The id is random already: RFC 5869 needs no salt then. */
function keyOf(challengeId: string): Buffer {
  return Buffer.from(hkdfSync('sha256', challengeId, '', 'limen sign-in challenge', 32));
}
