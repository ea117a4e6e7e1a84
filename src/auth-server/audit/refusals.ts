/** Records what the endpoints refuse. In one place, after they have answered. */
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { AuditAction, AuditDetails } from '../../identity/audit/audit-event.ts';
import { isUuid } from '../../identity/uuid.ts';
import type { Call, Env, Services } from '../protocol/endpoint.ts';
import { type ProtocolError, refusalOf } from '../protocol/protocol-error.ts';
import { RECORDED_ENDPOINTS } from './recorded-endpoints.ts';

type Refusal = Pick<ProtocolError, 'status' | 'code'>;

/** Without the right to it. Other refusals are of what somebody may do, and did wrongly. */
const DENIALS = new Set([
  'not_admin',
  'insufficient_aal',
  'session_not_found',
  'user_not_found',
  'user_banned',
]);

/** Nobody in particular knocked, and nothing was tried. */
const KNOCKS = new Set(['no_authorization', 'bad_jwt', 'not_found']);

export function recordRefusals({ audit }: Services, basePath: string): MiddlewareHandler<Env> {
  return async (call, next) => {
    await next();
    const refusal = refusalIn(call);
    const action = refusal && actionOf(call, routePath(call, -1).slice(basePath.length));
    if (!action || KNOCKS.has(refusal.code)) return;
    const isDenied = (refusal.status === 401 || refusal.status === 403) && DENIALS.has(refusal.code);
    const { client } = call.var;
    // Whoever gives their name and a password is nobody yet, whatever token they send along.
    const isByName = call.get('concerned') !== undefined;
    await audit.record(isByName ? { ...client, actor: null, impersonator: null } : client, {
      action,
      outcome: isDenied ? 'denied' : 'failure',
      code: refusal.code,
      userId: concernedBy(call),
      details: detailsOf(call),
    });
  };
}

/** For what an endpoint refuses by other means than an error, as those do that send a browser on. */
export function noteRefusal(call: Call, refusal: Refusal): void {
  call.set('refusal', refusal);
}

/** Whose account a refusal is about, where whoever asks says so themselves. Null where nobody has the address. */
export function noteConcerned(call: Call, userId: string | null): void {
  call.set('concerned', userId);
}

/** What nobody expected is for the log, and may well be that the database is away. */
function refusalIn(call: Call): Refusal | null {
  const refusal = call.error ? refusalOf(call.error) : call.get('refusal');
  return refusal && refusal.status < 500 ? refusal : null;
}

function actionOf(call: Call, path: string): AuditAction | null {
  const name = `${call.req.method} ${path}`;
  return RECORDED_ENDPOINTS[`${name} ${call.req.query('grant_type')}`] ?? RECORDED_ENDPOINTS[name] ?? null;
}

function concernedBy(call: Call): string | null {
  const noted = call.get('concerned');
  if (noted !== undefined) return noted;
  const { actor } = call.var.client;
  if (!actor) return null;
  const named = /\/admin\/users\/([^/]+)/.exec(call.req.path)?.[1] ?? '';
  if (isUuid(named)) return named.toLowerCase();
  return actor.kind === 'person' ? actor.userId : null;
}

function detailsOf(call: Call): AuditDetails {
  const method = call.req.query('grant_type') ?? '';
  return RECORDED_ENDPOINTS[`POST /token ${method}`] ? { method } : {};
}
