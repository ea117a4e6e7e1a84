/** How operators help somebody who cannot get in, and put out somebody who should not be in. */
import type { Account } from '../account.ts';
import type { AttemptLimiter } from '../attempts.ts';
import { changing } from '../changes.ts';
import type { Client } from '../client.ts';
import { UserNotFoundError, ValidationError } from '../errors.ts';
import { pauseMessages } from '../sign-in/message-pause.ts';
import type { CodeSent } from '../sign-in/sign-in-code.ts';
import { type AuthorityNeeds, actOn, type Operator } from './authority.ts';
import type { MfaReset } from './user-administration.ts';

export interface UserSessionsRevoked {
  readonly userId: string;
  readonly sessionsRevoked: number;
}

/** @throws {DeniedError} @throws {UserNotFoundError} @throws {OwnAccountError} @throws {OutrankedError} @throws {NotSupportedError} */
export async function revokeUserSessions(
  needs: AuthorityNeeds,
  viewer: Operator,
  input: { userId: string },
): Promise<UserSessionsRevoked> {
  const act = { permission: 'sessions:write', userId: input.userId, toOneself: 'refused' } as const;
  return actOn(needs, viewer, act, async ({ id }) => {
    const sessionsRevoked = await changing(needs.changes, id, () => needs.auth.users.endSessions(id));
    if (sessionsRevoked === null) throw new UserNotFoundError();
    return { userId: id, sessionsRevoked };
  });
}

/**
 * Mails the person, and nobody else, what `resetPassword` takes.
 * @throws {DeniedError} @throws {UserNotFoundError} @throws {OwnAccountError} @throws {OutrankedError}
 * @throws {ValidationError} for somebody without an address @throws {RateLimitedError}
 */
export async function sendPasswordReset(
  needs: AuthorityNeeds & { attempts: AttemptLimiter; client: Client },
  viewer: Operator,
  input: { userId: string; redirectTo?: string | null | undefined },
): Promise<CodeSent> {
  const act = { permission: 'users:write', userId: input.userId, toOneself: 'refused' } as const;
  return actOn(needs, viewer, act, async ({ email }) => {
    if (!email) {
      const message = 'This person has no address that a mail could go to.';
      throw new ValidationError([{ path: ['userId'], code: 'NOT_ACCEPTED', message }]);
    }
    await pauseMessages(needs, { email });
    await needs.auth.codes.sendRecoveryCode({ email, redirectTo: input.redirectTo ?? null });
    return { codeSentTo: email };
  });
}

export interface UserMfaReset extends MfaReset {
  readonly mfaResetOf: Account;
}

/**
 * For somebody who lost their second factor: it is gone, with their sessions, and they are told.
 * @throws {DeniedError} @throws {UserNotFoundError} @throws {OwnAccountError} @throws {OutrankedError} @throws {NotSupportedError}
 */
export async function resetMfa(
  needs: AuthorityNeeds,
  viewer: Operator,
  { userId, removePasskeys }: { userId: string; removePasskeys: boolean },
): Promise<UserMfaReset> {
  const act = { permission: 'users:write', userId, toOneself: 'refused' } as const;
  return actOn(needs, viewer, act, async ({ id }) => {
    const reset = await changing(needs.changes, id, () => needs.auth.users.resetMfa(id, { removePasskeys }));
    const account = reset && (await needs.auth.findAccount(id));
    if (!account) throw new UserNotFoundError();
    return { ...reset, mfaResetOf: account };
  });
}
