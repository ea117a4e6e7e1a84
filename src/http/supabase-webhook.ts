/** `POST /webhooks/supabase`: what Supabase tells of its own database, by database webhooks and by auth hooks. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import type { JsonObject } from '../identity/json.ts';
import { isStorableJson } from '../identity/text.ts';
import type { UpstreamChange, UpstreamChanges } from '../identity/webhooks/upstream-change.ts';
import type { HttpEnv } from './http-env.ts';

export interface SupabaseWebhookNeeds {
  /** As the `Authorization` header brings it; of the form `v1,whsec_…` it may sign as well. */
  secret: string;
  changes: UpstreamChanges;
}

/** A row with as much metadata as anybody has. */
const MAX_BODY_BYTES = 512 * 1024;

const Row = z.record(z.string(), z.unknown());
const Time = z.union([z.iso.datetime({ offset: true }), z.enum(['infinity', '-infinity'])]);
const UserRow = Row.and(z.object({ id: z.guid(), banned_until: Time.nullish() }));
const SessionRow = Row.and(z.object({ id: z.guid(), user_id: z.guid() }));

/** As Supabase's database webhooks have it. Of tables without people nothing is read. */
const DatabaseWebhook = z.object({
  type: z.enum(['INSERT', 'UPDATE', 'DELETE']),
  schema: z.string(),
  table: z.string(),
  record: Row.nullish(),
  old_record: Row.nullish(),
});

const ROWS = { users: UserRow, sessions: SessionRow, mfa_factors: SessionRow } as const;

/** Auth hooks that tell of somebody new. No token says anything of them yet, so there is nothing to pass on. */
const AuthHook = z.object({
  metadata: z.object({ name: z.enum(['before-user-created', 'after-user-created']) }),
});

export function serveSupabaseWebhook({ secret, changes }: SupabaseWebhookNeeds): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  const proofOf = createCheck(secret);
  const tooLarge = { code: 'PAYLOAD_TOO_LARGE', message: `At most ${MAX_BODY_BYTES} bytes.` };

  app.post('/', bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (context) => context.json(tooLarge, 413) }));
  app.post('/', async (context) => {
    const body = await context.req.text();
    const headers = context.req.header();
    const proof = proofOf(headers, body);
    if (!proof) {
      context.header('WWW-Authenticate', 'Bearer');
      return context.json({ code: 'UNAUTHENTICATED', message: 'The secret or the signature is wrong.' }, 401);
    }
    const payload = parse(body);
    if (AuthHook.safeParse(payload).success) return context.json({});
    const webhook = DatabaseWebhook.safeParse(payload);
    if (!webhook.success) return context.json(BAD_REQUEST, 400);
    const { schema, table } = webhook.data;
    if (schema !== 'auth' || !isKnown(table)) return context.json({ result: 'ignored' }, 202);
    const change = changeIn(webhook.data, table);
    if (!change) return context.json(BAD_REQUEST, 400);
    // An id that nobody signed may be the same in all requests.
    const id = proof === 'signature' ? headers['webhook-id'] : undefined;
    await changes.receive(change, deliveryOf(id, body));
    return context.json({ result: 'accepted' }, 202);
  });
  return app;
}

const BAD_REQUEST = {
  code: 'BAD_REQUEST',
  message: "Not a webhook or a hook of Supabase's that Limen knows.",
};

const isKnown = (table: string): table is keyof typeof ROWS => Object.hasOwn(ROWS, table);

/** Null where a row is missing, or is none of that table. */
function changeIn(webhook: z.infer<typeof DatabaseWebhook>, table: keyof typeof ROWS): UpstreamChange | null {
  const before = webhook.type === 'INSERT' ? null : (webhook.old_record ?? null);
  const after = webhook.type === 'DELETE' ? null : (webhook.record ?? null);
  const rows = [before, after].filter((row) => row !== null);
  const isWhole = rows.length === (webhook.type === 'UPDATE' ? 2 : 1);
  const isGood = rows.every((row) => ROWS[table].safeParse(row).success && isStorableJson(row as JsonObject));
  return isWhole && isGood ? { table, before: before as JsonObject, after: after as JsonObject } : null;
}

type Proof = 'secret' | 'signature';

function createCheck(secret: string): (headers: Record<string, string>, body: string) => Proof | null {
  const expected = digest(`Bearer ${secret}`);
  const signing = secret.startsWith('v1,whsec_') ? new Webhook(secret.slice('v1,'.length)) : null;
  return (headers, body) => {
    if (timingSafeEqual(digest(headers.authorization ?? ''), expected)) return 'secret';
    if (signing === null) return null;
    try {
      signing.verify(body, headers, { jsonParse: false });
      return 'signature';
    } catch {
      return null;
    }
  };
}

/** Of a length of its own, whatever was sent. */
const digest = (text: string) => createHash('sha256').update(text).digest();

/** Database webhooks have no id: what they say, `updated_at` included, stands for one. */
const deliveryOf = (id: string | undefined, body: string) => ({
  id: digest(id ? `id:${id}` : `body:${body}`).toString('base64url'),
  isCertain: id !== undefined,
});

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
