/** Sign-ins with PKCE (RFC 7636) that are under way: rows of `auth.flow_state`. */
import { createHash, randomUUID } from 'node:crypto';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { ProtocolError, validationFailed } from '../protocol/protocol-error.ts';

/** How long a flow may take to its code, and the code to its exchange. */
export const FLOW_TTL_MS = 5 * 60_000;

/** Longer than any link holds. What is older came to nothing, and each new flow takes some of it along. */
const MAX_AGE_MS = 2 * 86_400_000;
const SWEPT_AT_ONCE = 20;

export interface CodeChallenge {
  challenge: string;
  method: 's256' | 'plain';
}

export interface FlowState {
  id: string;
  user_id: string | null;
  auth_code: string;
  code_challenge: string | null;
  code_challenge_method: 's256' | 'plain' | null;
  provider_type: string;
  provider_access_token: string | null;
  provider_refresh_token: string | null;
  authentication_method: string;
  invite_token: string | null;
  referrer: string | null;
  linking_target_id: string | null;
  created_at: Date;
  auth_code_issued_at: Date | null;
}

/** Undefined where neither is given. @throws {ProtocolError} 400 validation_failed */
export function parseCodeChallenge(
  challenge: string | undefined,
  method: string | undefined,
): CodeChallenge | undefined {
  if (!challenge && !method) return undefined;
  if (!challenge || !method) {
    throw validationFailed('PKCE flow requires code_challenge_method and code_challenge');
  }
  const folded = method.toLowerCase();
  if (folded !== 's256' && folded !== 'plain') {
    throw validationFailed(`code_challenge_method must be s256 or plain`);
  }
  if (!/^[\w.~-]{43,128}$/.test(challenge)) {
    throw validationFailed('code challenge has to be between 43 and 128 characters of the unreserved set');
  }
  return { challenge, method: folded };
}

/** Begins a flow. @param userId null until somebody has shown who they are */
export async function startFlow(
  tx: Queryable,
  flow: {
    challenge: CodeChallenge;
    /** `email`, `phone`, or an identity provider. */
    provider: string;
    /** As the session will say how it was begun: `otp`, `magiclink`, `recovery`, `oauth`, … */
    method: string;
    userId: string | null;
    now: Date;
  },
): Promise<string> {
  const id = randomUUID();
  const endedBefore = new Date(flow.now.getTime() - MAX_AGE_MS);
  await tx.query(
    `with swept as (
       delete from auth.flow_state where id in (
         select id from auth.flow_state where created_at < $9 limit ${SWEPT_AT_ONCE} for update skip locked)
     )
     insert into auth.flow_state (id, user_id, auth_code, code_challenge_method, code_challenge, provider_type,
       provider_access_token, provider_refresh_token, created_at, updated_at, authentication_method)
     values ($1, $2, $3, $4::text::auth.code_challenge_method, $5, $6, '', '', $7, $7, $8)`,
    [
      id,
      flow.userId,
      randomUUID(),
      flow.challenge.method,
      flow.challenge.challenge,
      flow.provider,
      flow.now,
      flow.method,
      endedBefore,
    ],
  );
  return id;
}

/**
 * The code of the newest flow that somebody began by one of these methods; null where there is none. From now on it can be exchanged.
 * @param methods as in `startFlow`
 */
export async function issueAuthCode(
  tx: Queryable,
  { userId, methods, now }: { userId: string; methods: readonly string[]; now: Date },
): Promise<string | null> {
  const [flow] = await tx.query<{ auth_code: string }>(
    `update auth.flow_state set auth_code_issued_at = $3, updated_at = $3
     where id = (
       select id from auth.flow_state
       where user_id = $1 and authentication_method = any($2) and auth_code_issued_at is null
       order by created_at desc limit 1 for update
     )
     returning auth_code`,
    [userId, methods, now],
  );
  return flow?.auth_code ?? null;
}

/** Takes away the codes that were issued for somebody and not exchanged yet, as when their password changes. */
export async function dropAuthCodes(tx: Queryable, userId: string): Promise<void> {
  await tx.query('delete from auth.flow_state where user_id = $1 and auth_code_issued_at is not null', [
    userId,
  ]);
}

/**
 * Exchanges a code for whom it was issued: one statement takes the row away, and only with the right verifier, so that a code counts once
 * and a wrong verifier burns nothing.
 *
 * @throws {ProtocolError} 404 flow_state_not_found, 422 flow_state_expired, 400 bad_code_verifier
 */
export async function exchangeAuthCode(
  tx: Queryable,
  { authCode, verifier, now }: { authCode: string; verifier: string; now: Date },
): Promise<FlowState & { user_id: string }> {
  const issuedAfter = new Date(now.getTime() - FLOW_TTL_MS);
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const [flow] = await tx.query<FlowState & { user_id: string }>(
    `delete from auth.flow_state
     where auth_code = $1 and user_id is not null and auth_code_issued_at > $2
       and code_challenge = case code_challenge_method when 's256' then $3 when 'plain' then $4 end
     returning *`,
    [authCode, issuedAfter, challenge, verifier],
  );
  return flow ?? refuse();

  async function refuse(): Promise<never> {
    const [found] = await tx.query<FlowState>('select * from auth.flow_state where auth_code = $1', [
      authCode,
    ]);
    if (!found?.user_id || !found.auth_code_issued_at) {
      throw new ProtocolError(404, 'flow_state_not_found', 'invalid flow state, no valid flow state found');
    }
    if (found.auth_code_issued_at <= issuedAfter) {
      throw new ProtocolError(422, 'flow_state_expired', 'invalid flow state, flow state has expired');
    }
    throw new ProtocolError(
      400,
      'bad_code_verifier',
      'code challenge does not match previously saved code verifier',
    );
  }
}
