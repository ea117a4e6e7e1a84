/** Refresh tokens of version 1, rows of `auth.refresh_tokens`. New sessions get none; those of people who moved here go on. */
import { randomBytes } from 'node:crypto';
import { auditRows, insertAuditRows, noteRecorded } from '../../adapters/postgres/audit/audit-log.ts';
import type { NewAuditEvent } from '../../identity/audit/audit-event.ts';
import type { Client } from '../protocol/client.ts';
import type { Call, Services } from '../protocol/endpoint.ts';
import type { Grant } from './grant.ts';
import {
  assertGoesOn,
  MAY_GO_ON,
  refreshTokenAlreadyUsed,
  refreshTokenNotFound,
  sessionFacts,
  TOUCH,
  touchParameters,
} from './session-refresh.ts';
import { SESSION_COLUMNS, type SessionRow } from './session-row.ts';

interface TokenRow extends SessionRow {
  revoked: boolean;
  revoked_at: Date;
  /** Of the session's tokens the one that is not used up, and the one it came from. */
  active_token: string | null;
  active_parent: string | null;
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const PREFIX_LENGTH = 5;

export const isVersion1 = (token: string) => /^[a-z0-9]{12}$/.test(token);

/** Null when somebody else was faster, or the session or its person may no longer go on: the row says which, in the next round. */
export async function refreshByVersion1(
  services: Services,
  call: Call,
  token: string,
): Promise<Grant | null> {
  const { database, clock } = services;
  const now = clock();
  const [row] = await database.query<TokenRow>(
    `select ${SESSION_COLUMNS}, refresh_tokens.revoked, refresh_tokens.updated_at as revoked_at,
       active.token as active_token, active.parent as active_parent
     from auth.refresh_tokens
       join auth.sessions on sessions.id = refresh_tokens.session_id
       join auth.users on users.id = sessions.user_id
       left join lateral (
         select token, parent from auth.refresh_tokens as sibling
         where sibling.session_id = sessions.id and not sibling.revoked order by sibling.id desc limit 1
       ) as active on true
     where refresh_tokens.token = $1`,
    [token],
  );
  if (!row) throw refreshTokenNotFound();
  await assertGoesOn(services, call.var.client, row, now);
  if (row.revoked) return reuse(services, call.var.client, row, token, now);

  const next = newToken();
  const [rotated] = await database.query<SessionRow>(
    `with session as (
       -- Taken first, as by whoever raises it.
       select id, user_id from auth.sessions
       where id = (select session_id from auth.refresh_tokens where token = $4) for update
     ), used as (
       update auth.refresh_tokens set revoked = true, updated_at = $1
       from session join auth.users on users.id = session.user_id
       where refresh_tokens.token = $4 and not refresh_tokens.revoked
         and session.id = refresh_tokens.session_id and ${MAY_GO_ON}
       returning refresh_tokens.user_id, refresh_tokens.session_id
     ), next as (
       insert into auth.refresh_tokens
         (instance_id, token, user_id, revoked, created_at, updated_at, parent, session_id)
       select '00000000-0000-0000-0000-000000000000', $5, user_id, false, $1, $1, $4, session_id from used
       returning session_id
     )
     update auth.sessions set ${TOUCH} from next, auth.users
     where sessions.id = next.session_id and users.id = sessions.user_id
     returning ${SESSION_COLUMNS}`,
    [...touchParameters(call.var.client, now), token, next],
  );
  return rotated ? grant(rotated, next, now, 'sb-auth-refresh-token-rotated') : null;
}

/**
 * A used token may come again while its child is the active one, since its answer can be lost, and shortly after its use. Either
 * way the active token is the answer: Supabase Auth makes another child within the interval, and the session then has two lines.
 * Later, all the session's tokens are used up; the session itself stays, as it does there.
 */
async function reuse(
  { database, settings }: Services,
  client: Client,
  row: TokenRow,
  token: string,
  now: Date,
): Promise<Grant> {
  const isRecent = now.getTime() - row.revoked_at.getTime() <= settings.sessions.reuseIntervalSeconds * 1000;
  if (row.active_token && (row.active_parent === token || isRecent)) {
    return grant(row, row.active_token, now, 'sb-auth-refresh-token-reuse');
  }
  const event: NewAuditEvent = {
    action: 'session.ended',
    userId: row.id,
    sessionId: row.session_id,
    details: { reason: 'refresh_token_reused', sessions: 1 },
  };
  const used = await database.query(
    `with used as (
       update auth.refresh_tokens set revoked = true, updated_at = $2 where session_id = $1 and not revoked returning id
     ), recorded as (${insertAuditRows('$3', '(select from used limit 1) as once')})
     select id from used`,
    [row.session_id, now, auditRows(client, event)],
  );
  if (used.length > 0) noteRecorded(client, event);
  throw refreshTokenAlreadyUsed();
}

function grant(row: SessionRow, refreshToken: string, issuedAt: Date, outcome: string): Grant {
  const prefix = refreshToken.slice(0, PREFIX_LENGTH);
  return {
    user: row,
    session: sessionFacts(row),
    refreshToken,
    issuedAt,
    method: 'token_refresh',
    trace: { 'sb-auth-refresh-token-prefix': prefix, [outcome]: 'true' },
  };
}

/** Sixty random bits. */
function newToken(): string {
  return Array.from(randomBytes(12), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}
