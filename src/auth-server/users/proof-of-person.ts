/** What shows, beside a session, that it is the person who adds or takes away a way to sign in. */
import type { Queryable } from '../../adapters/postgres/database.ts';
import { hasJustShown, SHOWS_WHO_FOR_FACTORS } from '../../identity/just-shown.ts';
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

/** What is asked a proof for: by GraphQL always, and by the protocol, which has no word for it, where the operator wants it. */
export type Proven = 'linking' | 'factors' | 'anything' | 'nothing';

/**
 * A session in which they have just shown who they are; or, since these calls have no body, a header of our own: `Limen-Proof: nonce 123456`,
 * or `Limen-Proof: password …`, percent-encoded. What is given is looked at, needed or not.
 *
 * @throws {ProtocolError} 400 reauthentication_needed, current_password_invalid, validation_failed, 422 reauthentication_not_valid, 429
 */
export async function requireProof(
  services: Services,
  call: Call,
  bearer: Bearer,
  what: Proven,
): Promise<ProofOfPerson> {
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
  if (isNeeded(services, what) && !hasShownEnough(services, bearer, what)) {
    throw new ProtocolError(400, 'reauthentication_needed', 'This requires reauthentication');
  }
  return NOTHING_TO_SPEND;
}

function isNeeded({ settings }: Services, what: Proven): boolean {
  const { linkingNeedsProof: linking, factorsNeedProof: factors } = settings;
  return { linking, factors, anything: true, nothing: false }[what];
}

/** Somebody anonymous has nothing to show, and nothing to lose to whoever has the session. */
function hasShownEnough({ clock }: Services, { user, claims }: Bearer, what: Proven): boolean {
  const counts = what === 'factors' ? SHOWS_WHO_FOR_FACTORS : undefined;
  return user.is_anonymous || hasJustShown(claims.amr, clock(), counts);
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
