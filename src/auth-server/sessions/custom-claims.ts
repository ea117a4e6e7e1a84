/** The custom access token hook: it may write claims of its own into a token, and change or leave out some of ours. */
import { isDeepStrictEqual } from 'node:util';
import { Claims } from '../../adapters/tokens/claims.ts';
import { askHook } from '../hooks/hook-call.ts';
import { isAdminRole } from '../protocol/bearer.ts';
import type { JsonObject } from '../protocol/body.ts';
import type { Client } from '../protocol/client.ts';
import type { Services } from '../protocol/endpoint.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';

/** What Supabase Auth asks for after the hook, with the types that the schema of the verifier knows. */
const REQUIRED = [
  'aud',
  'exp',
  'iat',
  'sub',
  'email',
  'phone',
  'role',
  'aal',
  'session_id',
  'is_anonymous',
] as const;

/**
 * Who it is, which session, and how sure we are of it. These are proven here and nowhere else: whoever reads the token relies on them,
 * and Limen itself finds the session by them.
 */
const OURS = ['iss', 'sub', 'aud', 'iat', 'session_id', 'is_anonymous', 'aal', 'act'] as const;

/** May be left out or emptied, for a small or a discreet token, but not be somebody else's. */
const OURS_OR_NOTHING = ['email', 'phone', 'amr'] as const;

/**
 * The claims to sign: those given where the hook is off.
 * @param method how the token came to be asked for, in the words of `amr`, or `token_refresh`
 * @throws {ProtocolError} what the hook says; 504 hook_timeout and its like; 500 where the answer would make no good token
 */
export async function customizeClaims(
  services: Services,
  client: Client,
  claims: JsonObject & { sub: string; exp: number },
  method: string,
): Promise<JsonObject> {
  if (!services.hooks.isOn('custom_access_token')) return claims;
  const answer = await askHook(services, client, 'custom_access_token', {
    user_id: claims.sub,
    claims,
    authentication_method: method,
  });
  // As the hook was sent them, since that is what it answers.
  const sent = JSON.parse(JSON.stringify(claims)) as typeof claims;
  const problems = problemsOf(answer.claims, sent);
  if (problems.length === 0) return answer.claims as JsonObject;
  services.log.error(
    { hook: 'custom_access_token', problems },
    'the claims that a hook answered are refused',
  );
  throw new ProtocolError(
    500,
    'unexpected_failure',
    `output claims do not conform to the expected schema: ${problems.join(', ')}`,
  );
}

/** Names of claims and what is wrong with them, never a value. */
function problemsOf(answered: unknown, sent: JsonObject & { exp: number }): string[] {
  if (typeof answered !== 'object' || answered === null || Array.isArray(answered)) {
    return ['claims is missing or no object'];
  }
  const claims = answered as JsonObject;
  const parsed = Claims.safeParse(claims);
  const malformed = parsed.error?.issues.map(({ path }) => `${path.join('.')} is malformed`) ?? [];
  const missing = REQUIRED.filter((name) => claims[name] === undefined).map((name) => `${name} is missing`);
  if (malformed.length > 0 || missing.length > 0) return [...missing, ...malformed];

  const isAsSent = (name: string) => isDeepStrictEqual(claims[name], sent[name]);
  const isNothing = (name: string) => claims[name] === undefined || claims[name] === '';
  const forged = [
    ...OURS.filter((name) => !isAsSent(name)),
    ...OURS_OR_NOTHING.filter((name) => !isAsSent(name) && !isNothing(name)),
  ].map((name) => `${name} is not the hook's to change`);
  const { exp, nbf, role } = claims as { exp: number; nbf?: number; role: string };
  // The change feed forgets a change once every token from before it has expired, by the life that is configured.
  if (exp > sent.exp) forged.push('exp is later than it was');
  if (nbf !== undefined && nbf > (sent.iat as number)) forged.push('nbf is in the future');
  if (role !== sent.role && isAdminRole(role)) forged.push("role is an administrator's");
  return forged;
}
