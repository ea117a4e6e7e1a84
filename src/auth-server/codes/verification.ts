/** A link or a code comes back: it is spent, and what it is good for is done. `verifications.ts` says which there are. */
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { Confirmed } from '../addresses/address-owner.ts';
import type { Recipient } from '../addresses/recipient.ts';
import { issueAuthCode } from '../links/flow-state.ts';
import type { Client } from '../protocol/client.ts';
import type { Services } from '../protocol/endpoint.ts';
import type { AuthServerSettings } from '../protocol/needs.ts';
import { conflict, ProtocolError } from '../protocol/protocol-error.ts';
import type { Grant } from '../sessions/grant.ts';
import { signIn } from '../sessions/sign-in.ts';
import { isBanned } from '../users/user-row.ts';
import { forgetGuesses, mayGuess } from './code-guesses.ts';
import { type OneTimeTokenType, type Presented, type SpentToken, spendToken } from './one-time-token.ts';

/** What is done with a token once it is spent, in the same transaction. */
export interface Verification {
  /** The tokens it takes, and no others. */
  stored: readonly OneTimeTokenType[];
  purposes: readonly string[];
  /** Whether a code comes with an address or a number. */
  by: Recipient['by'];
  /** How the session was begun, as its token says it. What goes to where somebody says shows nothing of who they are: see `hasJustShown`. */
  method: 'otp' | 'email_change';
  /** How flows with PKCE that end in it were begun. */
  flows: readonly string[];
  /** Whom it signs in; a text where it takes another step first; undefined where the token does not hold after all. */
  complete(
    services: Services,
    tx: Queryable,
    client: Client,
    spent: SpentToken,
    now: Date,
  ): Promise<Confirmed | { message: string } | undefined>;
}

export type Verified =
  | { kind: 'session'; grant: Grant }
  /** For whoever began the flow to exchange. */
  | { kind: 'auth-code'; authCode: string }
  | { kind: 'message'; message: string };

/**
 * Spends what is presented and does what it is good for: all of it, or nothing.
 * @param leadsToCode whether a flow with PKCE goes on with a code, as on the way of a link. Whoever types a code, or hands the
 * token over by a program, has it from the mail and gets the session.
 * @throws {ProtocolError} 403 otp_expired, user_banned, 409 conflict
 */
export async function verify(
  services: Services,
  client: Client,
  { stored, purposes, by, method, flows, complete }: Verification,
  presented: Presented,
  { leadsToCode }: { leadsToCode: boolean },
): Promise<Verified> {
  const { database, clock, settings, changes, outbox } = services;
  const now = clock();
  const { ttlSeconds } = codesBy(settings, by);
  const accepted = { types: stored, purposes, sentAfter: new Date(now.getTime() - ttlSeconds * 1000) };
  if ('address' in presented && !(await mayGuess(database, presented.address, accepted, now, ttlSeconds))) {
    throw otpExpired(presented);
  }
  const { verified, changed } = await database.transaction(async (tx) => {
    const spent = await spendToken(tx, presented, accepted);
    const done = spent && (await complete(services, tx, client, spent, now));
    if (!spent || !done) throw otpExpired(presented);
    if ('address' in presented) await forgetGuesses(tx, presented.address);
    const { userId } = spent;
    const used = {
      action: 'code.used',
      userId,
      isByThemselves: true,
      details: { type: purposes[0] || by },
    } as const;
    if ('message' in done) {
      await recordEvents(tx, client, used);
      return { verified: { kind: 'message' as const, ...done }, changed: null };
    }
    const { user } = done;
    if (isBanned(user, now)) throw new ProtocolError(403, 'user_banned', 'User is banned');
    if (leadsToCode && spent.isPkce) {
      const authCode = await issueAuthCode(tx, { userId, methods: flows, now });
      if (!authCode) throw otpExpired(presented);
      await recordEvents(tx, client, used);
      return { verified: { kind: 'auth-code' as const, authCode }, changed: done };
    }
    const grant = await signIn(tx, { user, method, client, now, issuedAt: now });
    if (!grant) throw conflict();
    return { verified: { kind: 'session' as const, grant }, changed: done };
  });
  outbox.wake();
  for (const id of changed?.ended ?? []) changes.sessionEnded(id);
  if (changed?.isChanged) changes.userChanged(changed.user.id);
  return verified;
}

/** How long the codes are that are sent so, and how long they and their links hold. */
export function codesBy(
  { codes, phone }: AuthServerSettings,
  by: Verification['by'],
): { length: number; ttlSeconds: number } {
  return by === 'email' ? codes : { length: phone.codeLength, ttlSeconds: phone.codeTtlSeconds };
}

const otpExpired = (presented: Presented) =>
  new ProtocolError(
    403,
    'otp_expired',
    'address' in presented ? 'Token has expired or is invalid' : 'Email link is invalid or has expired',
  );
