/** Second factors: enrolled, challenged, verified (`factor-verification.ts`), and unenrolled. */
import { z } from 'zod';
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import { type Bearer, type Claims, requirePerson } from '../protocol/bearer.ts';
import { optionalText, readBody } from '../protocol/body.ts';
import {
  type Call,
  countAttempt,
  type Endpoints,
  newEndpoints,
  requireProcess,
  type Services,
} from '../protocol/endpoint.ts';
import { insufficientAal } from '../protocol/insufficient-aal.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { METHOD_OF_FACTOR } from '../sessions/raised-session.ts';
import { addNotice } from '../users/notice.ts';
import { lockPerson } from '../users/person-lock.ts';
import { requireProof } from '../users/proof-of-person.ts';
import { challengeFactor, deleteFactor, factorNotFound, insertTotpFactor } from './factor-row.ts';
import { verifyAnyFactor, verifyFactor } from './factor-verification.ts';
import { friendlyName } from './friendly-name.ts';
import { hasOnlyRecoveryCodes, soleFactor } from './recovery-code-row.ts';
import { removeRecoveryCodes } from './recovery-codes.ts';
import { newTotpSecret, totpPresentation } from './totp.ts';

const MAX_ISSUER_CHARACTERS = 64;

const EnrollBody = z.object({
  factor_type: z.enum(['totp', 'phone', 'webauthn'], 'factor_type needs to be totp, phone, or webauthn'),
  friendly_name: friendlyName,
  issuer: optionalText.refine(
    (issuer) => (issuer ?? '').length <= MAX_ISSUER_CHARACTERS,
    `at most ${MAX_ISSUER_CHARACTERS} characters`,
  ),
});

export function factorEndpoints(services: Services): Endpoints {
  return newEndpoints()
    .post('/factors', (call) => enroll(services, call))
    .post('/factors/verify', (call) => {
      requireProcess(call);
      return verifyAnyFactor(services, call);
    })
    .post('/factors/:id/challenge', (call) => challenge(services, call))
    .post('/factors/:id/verify', (call) => verifyFactor(services, call, factorIdOf(call)))
    .delete('/factors/:id', (call) => unenroll(services, call));
}

/** @throws {ProtocolError} 403 no_authorization for somebody anonymous: there is nothing yet to protect by a factor */
async function requireKnownPerson(services: Services, call: Call): Promise<Bearer> {
  const bearer = await requirePerson(services, call.req.raw);
  if (bearer.user.is_anonymous) {
    throw new ProtocolError(403, 'no_authorization', 'Anonymous user not allowed to perform these actions');
  }
  return bearer;
}

async function enroll(services: Services, call: Call): Promise<Response> {
  const { database, settings, clock, changes } = services;
  const bearer = await requireKnownPerson(services, call);
  const { user, aal } = bearer;
  const { factor_type, friendly_name: name = '', issuer } = await readBody(call.req.raw, EnrollBody);
  if (factor_type !== 'totp' || !settings.mfa.isTotpEnrollEnabled) {
    throw new ProtocolError(
      422,
      `mfa_${factor_type}_enroll_not_enabled`,
      `MFA enroll is disabled for ${factor_type}`,
    );
  }
  const { client } = call.var;
  const proof = await requireProof(services, call, bearer, 'factors');
  const secret = newTotpSecret();
  const now = clock();
  const id = await database.transaction(async (tx) => {
    const { hasFactor } = await lockPerson(tx, user.id, now);
    // Whoever has no more than the password must not add a factor of their own to somebody's account.
    if (hasFactor && aal === 'aal1') throw insufficientAal(403, 'AAL2 required to enroll a new factor');
    await proof.spend(tx);
    await recordEvents(tx, client, {
      action: 'factor.enrolled',
      userId: user.id,
      details: { method: 'totp' },
    });
    return insertTotpFactor(tx, { userId: user.id, name, secret, max: settings.mfa.maxEnrolledFactors, now });
  });
  await proof.forgive();
  changes.userChanged(user.id);
  const { uri, qrCode } = totpPresentation(secret, {
    issuer: issuer ?? settings.mfa.totpIssuer,
    label: user.email || user.phone || user.id,
  });
  return call.json({
    id,
    type: 'totp',
    ...(name && { friendly_name: name }),
    totp: { qr_code: qrCode, secret, uri },
  });
}

async function challenge(services: Services, call: Call): Promise<Response> {
  const { database, settings, clock } = services;
  const { user } = await requireKnownPerson(services, call);
  const { client } = call.var;
  await countAttempt(services, client, 'mfa');
  const now = clock();
  const challenged = await challengeFactor(database, {
    userId: user.id,
    factorId: factorIdOf(call),
    address: client.address,
    now,
  });
  if (!challenged) throw factorNotFound();
  return call.json({
    id: challenged.id,
    type: challenged.factorType,
    expires_at: Math.floor(now.getTime() / 1000) + settings.mfa.challengeTtlSeconds,
  });
}

async function unenroll(services: Services, call: Call): Promise<Response> {
  const { database, clock, changes, outbox } = services;
  const bearer = await requireKnownPerson(services, call);
  const { user, aal, claims } = bearer;
  const factorId = factorIdOf(call);
  const proof = await proofForUnenrolling(services, call, bearer, factorId);
  const now = clock();
  await database.transaction(async (tx) => {
    await lockPerson(tx, user.id, now);
    await proof.spend(tx);
    const gone = await deleteFactor(tx, { userId: user.id, factorId, now });
    if (!gone) throw factorNotFound();
    if (gone.status === 'verified' && aal === 'aal1') {
      throw insufficientAal(422, 'AAL2 required to unenroll verified factor');
    }
    if (await hasOnlyRecoveryCodes(tx, user.id)) {
      if (!mayTakeRecoveryCodes(call, claims)) throw soleFactor();
      await removeRecoveryCodes(services, tx, call.var.client, { user, now });
    }
    if (gone.status === 'verified') {
      await addNotice(services, tx, user, 'factor-removed', { factorType: gone.factor_type });
    }
    const details = { method: gone.factor_type };
    await recordEvents(tx, call.var.client, { action: 'factor.removed', userId: user.id, details });
  });
  await proof.forgive();
  changes.userChanged(user.id);
  outbox.wake();
  return call.json({ id: factorId });
}

/** Nobody loses anything by an enrolment that was only begun. */
async function proofForUnenrolling(services: Services, call: Call, bearer: Bearer, factorId: string) {
  const isBegun = bearer.user.factors.some(({ id, status }) => id === factorId && status === 'unverified');
  return requireProof(services, call, bearer, isBegun ? 'nothing' : 'factors');
}

/**
 * By a header of our own, as the call has no body: recovery codes go with the last other factor, without which they would be one factor for
 * two. A session that they raised would be left with nothing to show.
 */
const mayTakeRecoveryCodes = (call: Call, { amr }: Claims) =>
  call.req.header('limen-recovery-codes') === 'remove' &&
  !amr?.some(({ method }) => method === METHOD_OF_FACTOR.recovery_code);

function factorIdOf(call: Call): string {
  const id = call.req.param('id') ?? '';
  if (!z.guid().safeParse(id).success)
    throw new ProtocolError(404, 'validation_failed', 'factor_id must be an UUID');
  return id.toLowerCase();
}
