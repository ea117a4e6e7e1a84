import { InvalidTokenError, type TokenVerifier } from './access-token.ts';
import type { Account } from './account.ts';
import type { AuthBackend } from './auth-backend.ts';
import type { ChangeLog } from './changes.ts';
import { currentAccount, readAccount } from './current-account.ts';
import { verifiedFactors } from './factors/factor.ts';
import {
  ANONYMOUS,
  type AssuranceLevel,
  type Person,
  personOf,
  type Viewer,
  viewerFromClaims,
} from './viewer.ts';

interface Needs {
  auth: AuthBackend;
  changes: ChangeLog;
  tokens: TokenVerifier;
}

/**
 * Says who is asking from the `Authorization` header. The token alone is enough, without a query, unless its person changed since it was issued.
 * @throws {InvalidTokenError} for anything but no header at all and a good token: a bad one is never silently anonymous
 */
export async function identify(needs: Needs, authorization: string | null): Promise<Viewer> {
  if (authorization === null) return ANONYMOUS;
  const token = /^Bearer +([^ ]+) *$/i.exec(authorization)?.[1];
  if (!token) throw new InvalidTokenError('not a bearer token');
  const claims = await needs.tokens.verify(token);
  const viewer = viewerFromClaims(claims, token);
  if (!viewer) throw new InvalidTokenError('stands for nobody');
  return viewer.kind === 'person' ? upToDate(needs, viewer, claims.iat) : viewer;
}

async function upToDate(needs: Needs, viewer: Person, issuedAtSeconds: number): Promise<Person> {
  const { changes } = needs;
  const { account, sessionId, impersonator } = viewer;
  if (changes.isSessionEnded(sessionId)) throw new InvalidTokenError('session ended');
  if (impersonator?.sessionId && changes.isSessionEnded(impersonator.sessionId)) {
    throw new InvalidTokenError('session of the operator ended');
  }
  // Whether the operator still may is the auth server's to say, each time: what is remembered is about the person.
  const hasOperatorChanged = impersonator !== null && changes.isStale(impersonator.id, issuedAtSeconds);
  if (!hasOperatorChanged && !changes.isStale(account.id, issuedAtSeconds)) return viewer;
  const fresh = await (hasOperatorChanged ? readAccount : currentAccount)(needs, viewer);
  if (!fresh) throw new InvalidTokenError('session or person gone');
  return personOf(fresh, { ...viewer, assuranceLevel: levelOf(viewer, fresh) });
}

/** Where no second factor is left, none counts any more. That one of several is gone, and with it the session's level, the auth server alone knows. */
function levelOf({ assuranceLevel }: Person, { record }: Account): AssuranceLevel {
  return record && verifiedFactors(record.factors).length === 0 ? 'aal1' : assuranceLevel;
}
