/** What shows, beside a session, that it is the person who adds or takes away a way to sign in. */
import type { Queryable } from '../../adapters/postgres/database.ts';
import { hasJustShown } from '../../identity/just-shown.ts';
import { countNonce, forgiveNonce, spendNonce } from '../codes/reauthenticate.ts';
import type { Bearer } from '../protocol/bearer.ts';
import type { Call, Services } from '../protocol/endpoint.ts';
import { ProtocolError, validationFailed } from '../protocol/protocol-error.ts';
import { assertCurrentPassword } from './user-password.ts';

export interface ProofOfPerson {
  /** In the transaction of what it was shown for. @throws {ProtocolError} 422 reauthentication_not_valid */
  spend(tx: Queryable): Promise<void>;
  /** After its commit. */
  forgive(): Promise<void>;
}

const NOTHING_TO_SPEND: ProofOfPerson = { spend: async () => {}, forgive: async () => {} };

/**
 * A session in which they have just shown who they are; or, since these calls have no body, a header of our own: `Limen-Proof: nonce 123456`,
 * or `Limen-Proof: password …`, percent-encoded. What is given is looked at, needed or not.
 *
 * @throws {ProtocolError} 400 reauthentication_needed, current_password_invalid, validation_failed, 422 reauthentication_not_valid, 429
 */
export async function requireProof(services: Services, call: Call, bearer: Bearer): Promise<ProofOfPerson> {
  const { client } = call.var;
  const given = parseProof(call.req.header('limen-proof'));
  if (given?.kind === 'password') {
    await assertCurrentPassword(services, client, bearer.user, given.text);
    return NOTHING_TO_SPEND;
  }
  if (given) {
    await countNonce(services, client, bearer);
    return {
      spend: (tx) => spendNonce(services, tx, bearer, given.text),
      forgive: () => forgiveNonce(services, client, bearer),
    };
  }
  const { settings, clock } = services;
  // Somebody anonymous has nothing to show, and nothing to lose to whoever has the session.
  const isEnough = bearer.user.is_anonymous || hasJustShown(bearer.claims.amr, clock());
  if (settings.linkingNeedsProof && !isEnough) {
    throw new ProtocolError(400, 'reauthentication_needed', 'Changing identities requires reauthentication');
  }
  return NOTHING_TO_SPEND;
}

function parseProof(header: string | undefined): { kind: string; text: string } | null {
  if (header === undefined) return null;
  const [, kind = '', encoded = ''] = /^(nonce|password)(?: (\S+))?$/.exec(header) ?? [];
  try {
    if (kind) return { kind, text: decodeURIComponent(encoded) };
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  throw validationFailed('Limen-Proof: neither a nonce nor a password');
}
