/** Recovery codes, for whoever has lost the other factor. Mounted before `factors.ts`, whose paths would take theirs. */
import { z } from 'zod';
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { judgeFactorAttempt } from '../hooks/verification-attempt.ts';
import { type Bearer, requirePerson } from '../protocol/bearer.ts';
import { readBody } from '../protocol/body.ts';
import type { Client } from '../protocol/client.ts';
import {
  type Call,
  type Endpoints,
  forgiveAttempt,
  newEndpoints,
  type Services,
} from '../protocol/endpoint.ts';
import { insufficientAal } from '../protocol/insufficient-aal.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import type { AccessToken } from '../sessions/access-token.ts';
import { METHOD_OF_FACTOR, raiseSession, tokenOfRaised } from '../sessions/raised-session.ts';
import { answerSession } from '../sessions/session-answer.ts';
import { addNotice } from '../users/notice.ts';
import { lockPerson } from '../users/person-lock.ts';
import { requireProof } from '../users/proof-of-person.ts';
import type { FullUserRow } from '../users/user-row.ts';
import { factorNotFound } from './factor-row.ts';
import { verificationFailed } from './factor-verification.ts';
import { friendlyName } from './friendly-name.ts';
import {
  deleteRecoveryCodes,
  findRecoveryCodes,
  insertRecoveryCodeSet,
  lookUpRecoveryCode,
  replaceRecoveryCodes,
  soleFactor,
  useRecoveryCode,
} from './recovery-code-row.ts';

const DEFAULT_NAME = 'Recovery codes';

const GenerateBody = z.object({ friendly_name: friendlyName }).prefault({});
const VerifyBody = z.object({ code: z.string() });

export function recoveryCodeEndpoints(services: Services): Endpoints {
  return newEndpoints()
    .get('/factors/recovery-codes', (call) => showStatus(services, call))
    .post('/factors/recovery-codes', (call) => generate(services, call))
    .post('/factors/recovery-codes/verify', (call) => verify(services, call))
    .post('/factors/recovery-codes/regenerate', (call) => regenerate(services, call))
    .delete('/factors/recovery-codes', (call) => unenroll(services, call));
}

async function showStatus(services: Services, call: Call): Promise<Response> {
  const { user } = await requirePerson(services, call.req.raw);
  const set = await findRecoveryCodes(services.database, user.id);
  if (!set) throw factorNotFound();
  return call.json({ id: set.id, type: 'recovery_code', total: set.total, remaining: set.remaining });
}

async function generate(services: Services, call: Call): Promise<Response> {
  const bearer = await requireAal2(services, call);
  const { friendly_name: name = DEFAULT_NAME } = await readBody(call.req.raw, GenerateBody);
  return hand(services, call, bearer, async (tx, { userId, now, hasFactor }) => {
    if (!hasFactor) throw soleFactor();
    return { id: await insertRecoveryCodeSet(tx, { userId, name, now }), name };
  });
}

async function regenerate(services: Services, call: Call): Promise<Response> {
  const bearer = await requireAal2(services, call);
  const answer = await hand(services, call, bearer, async (tx, { userId, now }) => {
    const [set] = await tx.query<{ id: string; name: string }>(
      `update limen.recovery_code_sets set updated_at = $2 where user_id = $1 returning id, friendly_name as name`,
      [userId, now],
    );
    if (!set) throw factorNotFound();
    return set;
  });
  // Whoever may have new codes needs no lock upon the old ones.
  await forgiveAttempt(services, call.var.client, 'mfa', bearer.user.id);
  return answer;
}

/** Makes the codes of a set, and shows them this once. */
async function hand(
  services: Services,
  call: Call,
  bearer: Bearer,
  findSet: (
    tx: Queryable,
    about: { userId: string; now: Date; hasFactor: boolean },
  ) => Promise<{ id: string; name: string }>,
): Promise<Response> {
  const { database, clock, changes, outbox } = services;
  const { user } = bearer;
  const proof = await requireProof(services, call, bearer, 'factors');
  const now = clock();
  const { set, codes } = await database.transaction(async (tx) => {
    const { hasFactor } = await lockPerson(tx, user.id, now);
    await proof.spend(tx);
    const set = await findSet(tx, { userId: user.id, now, hasFactor });
    await addNotice(services, tx, user, 'recovery-codes-generated');
    await recordEvents(tx, call.var.client, { action: 'recovery_codes.generated', userId: user.id });
    return { set, codes: await replaceRecoveryCodes(tx, { userId: user.id, setId: set.id }) };
  });
  await proof.forgive();
  changes.userChanged(user.id);
  outbox.wake();
  return call.json({
    id: set.id,
    type: 'recovery_code',
    friendly_name: set.name,
    total: codes.length,
    codes,
  });
}

async function verify(services: Services, call: Call): Promise<Response> {
  const { database, clock, changes, attempts, outbox } = services;
  const bearer = await requirePerson(services, call.req.raw);
  const { code } = await readBody(call.req.raw, VerifyBody);
  const { user } = bearer;
  const { client } = call.var;
  // The same count as for other factors, with a code of its own for the lock.
  const wait = client.isLimited
    ? await attempts.attempt('mfa', { address: client.address, account: user.id })
    : null;
  if (wait) throw locked(wait.retryAfterSeconds);
  const accessToken = await askHooks(services, client, bearer, code);
  const now = clock();
  const { grant, ended } = await database.transaction(async (tx) => {
    await lockPerson(tx, user.id, now);
    const factorId = await useRecoveryCode(tx, { userId: user.id, code, now });
    if (!factorId) throw verificationFailed('Invalid recovery code entered');
    await addNotice(services, tx, user, 'recovery-code-used');
    return raiseSession(tx, client, bearer, { factorId, method: METHOD_OF_FACTOR.recovery_code, now });
  });
  for (const id of ended) changes.sessionEnded(id);
  changes.userChanged(user.id);
  outbox.wake();
  await forgiveAttempt(services, client, 'mfa', user.id);
  return answerSession(services, call, grant, accessToken);
}

/** Before the code is used up: what a hook refuses is not spent. See `tokenOfRaised`. */
async function askHooks(
  services: Services,
  client: Client,
  bearer: Bearer,
  code: string,
): Promise<AccessToken | null> {
  const { hooks, database } = services;
  if (!hooks.isOn('mfa_verification_attempt') && !hooks.isOn('custom_access_token')) return null;
  const { id: userId } = bearer.user;
  const found = await lookUpRecoveryCode(database, { userId, code });
  if (!found) return null;
  const { setId: factorId, isRight } = found;
  await judgeFactorAttempt(services, client, { userId, factorId, factorType: 'recovery_code', isRight });
  return isRight ? tokenOfRaised(services, client, bearer, METHOD_OF_FACTOR.recovery_code) : null;
}

async function unenroll(services: Services, call: Call): Promise<Response> {
  const { database, clock, changes, outbox } = services;
  const bearer = await requireAal2(services, call, 422);
  const { user } = bearer;
  const proof = await requireProof(services, call, bearer, 'factors');
  const now = clock();
  const id = await database.transaction(async (tx) => {
    await lockPerson(tx, user.id, now);
    await proof.spend(tx);
    return removeRecoveryCodes(services, tx, call.var.client, { user, now });
  });
  await proof.forgive();
  changes.userChanged(user.id);
  outbox.wake();
  return call.json({ id });
}

/** Expects the lock of `lockPerson`. The id of the set. @throws {ProtocolError} 404 mfa_factor_not_found */
export async function removeRecoveryCodes(
  services: Services,
  tx: Queryable,
  client: Client,
  { user, now }: { user: FullUserRow; now: Date },
): Promise<string> {
  const id = await deleteRecoveryCodes(tx, { userId: user.id, now });
  if (!id) throw factorNotFound();
  await addNotice(services, tx, user, 'factor-removed', { factorType: 'recovery_code' });
  await recordEvents(tx, client, { action: 'recovery_codes.removed', userId: user.id });
  return id;
}

async function requireAal2(services: Services, call: Call, status: 403 | 422 = 403): Promise<Bearer> {
  const bearer = await requirePerson(services, call.req.raw);
  if (bearer.aal === 'aal1') throw insufficientAal(status, 'AAL2 required to manage recovery codes');
  return bearer;
}

const locked = (retryAfterSeconds: number) =>
  new ProtocolError(429, 'mfa_recovery_codes_locked', 'Too many failed attempts, try again later', {
    retryAfterSeconds,
  });
