/** How somebody who is signed in gets a passkey. */
import { z } from 'zod';
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import { readBody } from '../protocol/body.ts';
import {
  type Call,
  countAttempt,
  type Endpoints,
  newEndpoints,
  type Services,
} from '../protocol/endpoint.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { addNotice } from '../users/notice.ts';
import { requireProof } from '../users/proof-of-person.ts';
import type { FullUserRow } from '../users/user-row.ts';
import {
  assertAssured,
  hasVerifiedFactor,
  lockPasskeyOwner,
  requirePasskeyOwner,
  requirePasskeys,
  verificationFailed,
} from './passkey-endpoint.ts';
import { insertPasskey, type PasskeyRow, passkeyJson, passkeysOf } from './passkey-row.ts';
import { creationOptions, verifyNewCredential } from './relying-party.ts';
import { consumeChallenge, issueChallenge, userHandleOf } from './webauthn-challenge.ts';
import { CeremonyError, NewCredential } from './webauthn-credential.ts';

const MAX_PASSKEYS = 10;

const VerifyBody = z.object({ challenge_id: z.guid(), credential: z.unknown() });

export function passkeyRegistrationEndpoints(services: Services): Endpoints {
  return newEndpoints()
    .post('/passkeys/registration/options', (call) => start(services, call))
    .post('/passkeys/registration/verify', (call) => finish(services, call));
}

async function start(services: Services, call: Call): Promise<Response> {
  const { database, clock } = services;
  const party = requirePasskeys(services);
  const bearer = await requirePasskeyOwner(services, call);
  assertAssured({ hasFactor: hasVerifiedFactor(bearer), aal: bearer.aal });
  const { user } = bearer;
  await countAttempt(services, call.var.client, 'passkey');
  const existing = await passkeysOf(database, user.id);
  if (existing.length >= MAX_PASSKEYS) throw tooManyPasskeys();
  const proof = await requireProof(services, call, bearer, 'factors');
  const { id, challenge, expiresAt } = await database.transaction(async (tx) => {
    await proof.spend(tx);
    return issueChallenge(tx, {
      purpose: 'registration',
      userId: user.id,
      rpId: party.rpId,
      now: clock(),
      ttlSeconds: party.challengeTtlSeconds,
    });
  });
  await proof.forgive();
  const options = await creationOptions(
    party,
    { handle: userHandleOf(user.id), ...namesOf(user) },
    { challenge, timeoutMs: party.challengeTtlSeconds * 1000 },
    existing.map(({ credential_id, transports }) => ({ id: credential_id, transports })),
  );
  return call.json({ challenge_id: id, options, expires_at: Math.floor(expiresAt.getTime() / 1000) });
}

async function finish(services: Services, call: Call): Promise<Response> {
  const { database, clock, outbox } = services;
  const party = requirePasskeys(services);
  const bearer = await requirePasskeyOwner(services, call);
  const { user } = bearer;
  await countAttempt(services, call.var.client, 'passkey');
  const body = await readBody(call.req.raw, VerifyBody);
  const now = clock();
  const challenge = await consumeChallenge(database, {
    id: body.challenge_id,
    purpose: 'registration',
    userId: user.id,
    now,
  });
  const credential = await verified();
  const passkey = await database.transaction(async (tx): Promise<PasskeyRow> => {
    await lockPasskeyOwner(tx, bearer, now);
    if ((await passkeysOf(tx, user.id)).length >= MAX_PASSKEYS) throw tooManyPasskeys();
    const added = await insertPasskey(tx, user.id, credential, now);
    if (!added) {
      throw new ProtocolError(422, 'webauthn_credential_exists', 'This credential is already registered');
    }
    await addNotice(services, tx, user, 'passkey-added', { passkeyName: added.friendly_name });
    await recordEvents(tx, call.var.client, { action: 'passkey.added', userId: user.id });
    return added;
  });
  outbox.wake();
  return call.json(passkeyJson(passkey));

  async function verified() {
    const parsed = NewCredential.safeParse(body.credential);
    if (!parsed.success) {
      throw verificationFailed(services, call, new CeremonyError('It has not the form of a credential.'));
    }
    try {
      return await verifyNewCredential(party, parsed.data, challenge);
    } catch (error) {
      throw error instanceof CeremonyError ? verificationFailed(services, call, error) : error;
    }
  }
}

/** What the authenticator shows when it asks which account to sign in to. */
function namesOf({ id, email, phone, raw_user_meta_data: metadata }: FullUserRow) {
  const name = email || phone || id;
  const shown = [metadata?.display_name, metadata?.full_name, metadata?.name].find(
    (given) => typeof given === 'string' && given !== '',
  );
  return { name, displayName: typeof shown === 'string' ? shown : name };
}

const tooManyPasskeys = () =>
  new ProtocolError(422, 'too_many_passkeys', 'Maximum number of passkeys reached');
