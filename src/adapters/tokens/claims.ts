/** What an access token must say. Claims not named here are tolerated and dropped. */
import { z } from 'zod';
import type { JsonObject } from '../../identity/json.ts';

// Any 128 bits in a UUID's spelling: seeds and imports do not keep to RFC 9562's versions.
const uuid = z.guid();
const seconds = z.int().nonnegative();

// The payload was JSON, so whatever is an object in it is a JSON object. Supabase Auth writes an empty map as null.
const metadata = z
  .custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value))
  .nullish()
  .transform((value): JsonObject => value ?? {});

export const Claims = z.object({
  iss: z.string().exactOptional(),
  sub: uuid.exactOptional(),
  aud: z.union([z.string(), z.array(z.string())]).exactOptional(),
  exp: seconds,
  iat: seconds,
  nbf: seconds.exactOptional(),
  email: z.string().exactOptional(),
  phone: z.string().exactOptional(),
  app_metadata: metadata,
  user_metadata: metadata,
  role: z.string().min(1),
  aal: z.enum(['aal1', 'aal2', 'aal3']).exactOptional(),
  amr: z
    .array(z.object({ method: z.string(), timestamp: z.int(), provider: z.string().exactOptional() }))
    .default([]),
  session_id: uuid.exactOptional(),
  is_anonymous: z.boolean().default(false),
  act: z.object({ sub: uuid, session_id: uuid.exactOptional() }).exactOptional(),
});

export type Claims = z.infer<typeof Claims>;

/** In the order of Supabase Auth's own struct, which is the order of the claims in its tokens. */
const ORDER = [
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'email',
  'phone',
  'app_metadata',
  'user_metadata',
  'role',
  'aal',
  'amr',
  'session_id',
  'is_anonymous',
];

export function inOrder(claims: object): Record<string, unknown> {
  const given = new Map(Object.entries(claims));
  const names = new Set([...ORDER.filter((name) => given.has(name)), ...given.keys()]);
  return Object.fromEntries([...names].map((name) => [name, given.get(name)]));
}
