/** How a passkey signs somebody in, who need not say who they are. */
import { generateKeyPairSync } from 'node:crypto';
import { z } from 'zod';
import { readBody } from '../protocol/body.ts';
import {
  type Call,
  countAttempt,
  type Endpoints,
  newEndpoints,
  type Services,
} from '../protocol/endpoint.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { type Grant, inRounds } from '../sessions/grant.ts';
import { answerSession } from '../sessions/session-answer.ts';
import { signIn } from '../sessions/sign-in.ts';
import { isBanned } from '../users/user-row.ts';
import { requirePasskeys, verificationFailed } from './passkey-endpoint.ts';
import { findPasskeyOwner, markUsed, type PasskeyOwner } from './passkey-row.ts';
import { requestOptions, verifyAssertion } from './relying-party.ts';
import { consumeChallenge, issueChallenge, userHandleOf } from './webauthn-challenge.ts';
import { Assertion, bytesOf, CeremonyError } from './webauthn-credential.ts';

const VerifyBody = z.object({ challenge_id: z.guid(), credential: z.unknown() });

export function passkeySignInEndpoints(services: Services): Endpoints {
  return newEndpoints()
    .post('/passkeys/authentication/options', (call) => start(services, call))
    .post('/passkeys/authentication/verify', (call) => finish(services, call));
}

/** One statement. */
async function start(services: Services, call: Call): Promise<Response> {
  const party = requirePasskeys(services);
  await countAttempt(services, call.var.client, 'passkey');
  const { id, challenge, expiresAt } = await issueChallenge(services.database, {
    purpose: 'authentication',
    userId: null,
    rpId: party.rpId,
    now: services.clock(),
    ttlSeconds: party.challengeTtlSeconds,
  });
  const options = await requestOptions(party, { challenge, timeoutMs: party.challengeTtlSeconds * 1000 });
  return call.json({ challenge_id: id, options, expires_at: Math.floor(expiresAt.getTime() / 1000) });
}

/** The challenge is spent by the first who presents it, whatever else is right or wrong. */
async function finish(services: Services, call: Call): Promise<Response> {
  requirePasskeys(services);
  await countAttempt(services, call.var.client, 'passkey');
  const body = await readBody(call.req.raw, VerifyBody);
  const challenge = await consumeChallenge(services.database, {
    id: body.challenge_id,
    purpose: 'authentication',
    userId: null,
    now: services.clock(),
  });
  const parsed = Assertion.safeParse(body.credential);
  if (!parsed.success) {
    throw verificationFailed(services, call, new CeremonyError('It has not the form of an assertion.'));
  }
  const grant = await inRounds(() => trySignIn(services, call, parsed.data, challenge));
  return answerSession(services, call, grant);
}

/**
 * Null when the row of the person changed between reading and writing. What is told of an account is told to whoever has its key.
 * @throws {ProtocolError} 400 webauthn_verification_failed; 403 user_banned, email_not_confirmed, phone_not_confirmed
 */
async function trySignIn(
  services: Services,
  call: Call,
  assertion: z.output<typeof Assertion>,
  challenge: string,
): Promise<Grant | null> {
  const { database, clock, log } = services;
  const party = requirePasskeys(services);
  const issuedAt = clock();
  const owner = await findPasskeyOwner(database, bytesOf(assertion.id));
  // The same work for a passkey that nobody has.
  const verified = await verify(owner?.public_key ?? NOBODYS_KEY);
  if (!owner) throw refusal('Nobody has this passkey.');
  if (!isHandleOf(owner, assertion.response.userHandle)) {
    throw refusal('The passkey is not whose it says it is.');
  }
  // WebAuthn, section 7.2, step 18: whether a key can be copied is settled when it is made.
  if (verified.isBackupEligible !== owner.backup_eligible) {
    throw refusal('The passkey is of another kind than it was.');
  }
  const now = clock();
  assertMaySignIn(owner, now);
  return database.transaction(async (tx) => {
    const grant = await signIn(tx, {
      user: owner,
      method: 'passkey',
      client: call.var.client,
      now,
      issuedAt,
    });
    if (grant && !(await markUsed(tx, owner.passkey_id, verified, now))) {
      // The session goes back with the transaction.
      const about = { requestId: call.env.requestId, userId: owner.id, passkeyId: owner.passkey_id };
      log.warn(about, 'a passkey did not count on: its key may have been copied');
      throw refusal('The counter did not go on.');
    }
    return grant;
  });

  function refusal(reason: string) {
    return verificationFailed(services, call, new CeremonyError(reason));
  }

  async function verify(publicKey: Uint8Array<ArrayBuffer>) {
    try {
      return await verifyAssertion(party, assertion, challenge, publicKey);
    } catch (error) {
      if (!(error instanceof CeremonyError)) throw error;
      throw verificationFailed(services, call, error);
    }
  }
}

function isHandleOf({ id }: PasskeyOwner, handle: string): boolean {
  return Buffer.from(handle, 'base64url').equals(userHandleOf(id));
}

function assertMaySignIn(owner: PasskeyOwner, now: Date): void {
  if (isBanned(owner, now)) throw new ProtocolError(403, 'user_banned', 'User is banned');
  if (owner.confirmed_at) return;
  throw owner.email
    ? new ProtocolError(403, 'email_not_confirmed', 'Email not confirmed')
    : new ProtocolError(403, 'phone_not_confirmed', 'Phone not confirmed');
}

/** A COSE key (ES256) whose private half is thrown away. */
const NOBODYS_KEY = (() => {
  const { x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  const coordinate = (label: string, value: string | undefined) =>
    Buffer.concat([Buffer.from(label, 'hex'), Buffer.from(value ?? '', 'base64url')]);
  // {1: 2, 3: -7, -1: 1, -2: x, -3: y}, RFC 9053, section 7.1.1
  return new Uint8Array(
    Buffer.concat([Buffer.from('a5010203262001', 'hex'), coordinate('215820', x), coordinate('225820', y)]),
  );
})();
