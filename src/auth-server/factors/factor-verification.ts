/** `POST /factors/{id}/verify`, and `/factors/verify` for Limen itself: a code of the factor, for a challenge of it. Finishes an enrolment, and raises the session. */
import { z } from 'zod';
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { judgeFactorAttempt } from '../hooks/verification-attempt.ts';
import { type Bearer, requirePerson } from '../protocol/bearer.ts';
import { readBody } from '../protocol/body.ts';
import type { Client } from '../protocol/client.ts';
import { type Call, countAttempt, forgiveAttempt, type Services } from '../protocol/endpoint.ts';
import { insufficientAal } from '../protocol/insufficient-aal.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { METHOD_OF_FACTOR, type Raised, raiseSession, tokenOfRaised } from '../sessions/raised-session.ts';
import { answerSession } from '../sessions/session-answer.ts';
import { addNotice } from '../users/notice.ts';
import { lockPerson } from '../users/person-lock.ts';
import {
  addressOf,
  challengeFactor,
  factorNotFound,
  findChallengedFactor,
  findTotpSecrets,
  type TotpFactorRow,
} from './factor-row.ts';
import { stepOfCode } from './totp.ts';

const Body = z.object({ challenge_id: z.guid(), code: z.string() });

interface Proof {
  factorId: string;
  challengeId: string;
  address: string;
  /** Of the code: see `stepOfCode`. */
  step: number;
  now: Date;
}

/** @param factorId a UUID */
export async function verifyFactor(services: Services, call: Call, factorId: string): Promise<Response> {
  const { database, clock } = services;
  const bearer = await requirePerson(services, call.req.raw);
  const { challenge_id: challengeId, code } = await readBody(call.req.raw, Body);
  const { client } = call.var;
  const { user } = bearer;
  // By person and not by factor, so that more factors are not more guesses; whether there is such a factor makes no difference.
  await countAttempt(services, client, 'mfa', user.id);
  const { address } = client;
  const now = clock();
  const factor = await findChallengedFactor(database, { userId: user.id, factorId, challengeId, address });
  assertAnswerable(services, factor, now);
  const step = stepOfCode(factor.secret, code, now);
  // Before the code is used up: what a hook refuses is not spent.
  const isRight = step !== null;
  await judgeFactorAttempt(services, client, { userId: user.id, factorId, factorType: 'totp', isRight });
  if (step === null) throw verificationFailed();
  return finish(services, call, bearer, { factorId, challengeId, address, step, now });
}

const CodeBody = z.object({ code: z.string() });

/**
 * The same for whoever has several apps and does not say of which the code is: one attempt, of which a hook hears once. Of a wrong code it
 * hears as one for the oldest of them.
 */
export async function verifyAnyFactor(services: Services, call: Call): Promise<Response> {
  const { database, clock } = services;
  const bearer = await requirePerson(services, call.req.raw);
  const { code } = await readBody(call.req.raw, CodeBody);
  const { client } = call.var;
  const { id: userId } = bearer.user;
  await countAttempt(services, client, 'mfa', userId);
  const now = clock();
  const steps = (await findTotpSecrets(database, userId)).map(({ id, secret }) => ({
    factorId: id,
    step: stepOfCode(secret, code, now),
  }));
  const judged = steps.find(({ step }) => step !== null) ?? steps[0];
  if (!judged) throw verificationFailed();
  const { factorId, step } = judged;
  await judgeFactorAttempt(services, client, {
    userId,
    factorId,
    factorType: 'totp',
    isRight: step !== null,
  });
  if (step === null) throw verificationFailed();
  const { address } = client;
  const challenged = await challengeFactor(database, { userId, factorId, address, now });
  if (!challenged) throw verificationFailed();
  return finish(services, call, bearer, { factorId, challengeId: challenged.id, address, step, now });
}

async function finish(services: Services, call: Call, bearer: Bearer, proof: Proof): Promise<Response> {
  const { database, changes, outbox } = services;
  const { client } = call.var;
  const { id: userId } = bearer.user;
  const accessToken = await tokenOfRaised(services, client, bearer, METHOD_OF_FACTOR.totp);
  const { grant, ended } = await database.transaction((tx) => accept(services, tx, client, bearer, proof));
  for (const id of ended) changes.sessionEnded(id);
  changes.userChanged(userId);
  outbox.wake();
  await forgiveAttempt(services, client, 'mfa', userId);
  return answerSession(services, call, grant, accessToken);
}

function assertAnswerable(
  { settings }: Services,
  factor: TotpFactorRow | undefined,
  now: Date,
): asserts factor is TotpFactorRow {
  if (!factor) throw factorNotFound();
  if (!factor.challenged_at) {
    throw new ProtocolError(422, 'mfa_factor_not_found', 'MFA factor has no such challenge');
  }
  if (factor.verified_at || !factor.is_same_address) throw addressMismatch();
  const age = now.getTime() - factor.challenged_at.getTime();
  if (age >= settings.mfa.challengeTtlSeconds * 1000) {
    throw new ProtocolError(
      422,
      'mfa_challenge_expired',
      'MFA challenge has expired, verify against another challenge',
    );
  }
}

/** Everything that was looked at before is decided here, by statements that find nothing to write when somebody was faster. */
async function accept(
  services: Services,
  tx: Queryable,
  client: Client,
  bearer: Bearer,
  proof: Proof,
): Promise<Raised> {
  const { user, aal } = bearer;
  const { factorId, now } = proof;
  const { hasFactor } = await lockPerson(tx, user.id, now);
  await useChallenge(tx, proof);
  await useStep(tx, proof);
  const [before] = await tx.query<{ status: string }>(
    `select status::text from auth.mfa_factors where id = $1 and user_id = $2`,
    [factorId, user.id],
  );
  if (!before) throw factorNotFound();
  if (before.status === 'unverified') {
    // Somebody with the password alone may have begun an enrolment before the first factor counted.
    if (hasFactor && aal === 'aal1') throw insufficientAal(403, 'AAL2 required to verify a new factor');
    await finishEnrolment(tx, user.id, factorId, now);
    await addNotice(services, tx, user, 'factor-added', { factorType: 'totp' });
    await recordEvents(tx, client, { action: 'factor.added', userId: user.id, details: { method: 'totp' } });
  }
  return raiseSession(tx, client, bearer, { factorId, method: METHOD_OF_FACTOR.totp, now });
}

async function useChallenge(tx: Queryable, { challengeId, factorId, address, now }: Proof): Promise<void> {
  const used = await tx.query(
    `update auth.mfa_challenges set verified_at = $3
     where id = $1 and factor_id = $2 and verified_at is null and ip_address = $4 returning id`,
    [challengeId, factorId, now, addressOf(address)],
  );
  if (used.length === 0) throw addressMismatch();
}

/** RFC 6238, section 5.2: a code is accepted once. So is every older one, since it may have been read over a shoulder. */
async function useStep(tx: Queryable, { factorId, step }: Proof): Promise<void> {
  const used = await tx.query(
    `insert into limen.totp_steps (factor_id, last_step) values ($1, $2)
     on conflict (factor_id) do update set last_step = excluded.last_step
       where totp_steps.last_step < excluded.last_step
     returning factor_id`,
    [factorId, step],
  );
  if (used.length === 0) throw verificationFailed();
}

/** Other enrolments that were begun are over: nobody knows any more who has seen their secrets. */
async function finishEnrolment(tx: Queryable, userId: string, factorId: string, now: Date): Promise<void> {
  await tx.query(`update auth.mfa_factors set status = 'verified', updated_at = $2 where id = $1`, [
    factorId,
    now,
  ]);
  await tx.query(
    `delete from auth.mfa_factors where user_id = $1 and factor_type = 'totp' and status = 'unverified'`,
    [userId],
  );
}

export const verificationFailed = (message = 'Invalid TOTP code entered') =>
  new ProtocolError(422, 'mfa_verification_failed', message);

/** The protocol's name for a challenge that was used already, too. */
const addressMismatch = () =>
  new ProtocolError(422, 'mfa_ip_address_mismatch', 'Challenge and verify IP addresses mismatch');
