import type { JsonObject } from '../protocol/body.ts';
import { validationFailed } from '../protocol/protocol-error.ts';

/**
 * What people write about themselves rides in every one of their tokens, and so in the headers of their requests: Node takes 16 KiB of those.
 * Supabase Auth has no limit, so this is the most that works at all; the rules of Limen keep to half of it, which proxies take too.
 */
const MAX_BYTES = 8192;

/**
 * Somebody who came with more may still make it less.
 * @throws {ProtocolError} 400 validation_failed
 */
export function assertMetadataFits(next: JsonObject | null, previous: JsonObject | null): void {
  const size = bytesOf(next);
  if (size > MAX_BYTES && size >= bytesOf(previous)) {
    throw validationFailed(`User metadata takes ${size} bytes, and ${MAX_BYTES} are allowed`);
  }
}

export const fitsMetadata = (metadata: JsonObject) => bytesOf(metadata) <= MAX_BYTES;

const bytesOf = (metadata: JsonObject | null) => Buffer.byteLength(JSON.stringify(metadata ?? {}));
