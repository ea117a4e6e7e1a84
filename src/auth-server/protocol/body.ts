/** Request bodies: JSON of a sane size and depth that Postgres can store. */
import { z } from 'zod';
import { ProtocolError, validationFailed } from './protocol-error.ts';

export type JsonObject = Record<string, unknown>;

const MAX_BYTES = 1_048_576;
/** Beyond a few thousand levels `JSON.stringify` and Postgres run out of stack. Nobody's metadata comes near this. */
const MAX_DEPTH = 100;

/** Clients send null, and often an empty text, for what they leave out. */
export const optionalText = z
  .string()
  .nullish()
  .transform((text) => text || undefined);

export const optionalObject = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((object): JsonObject | undefined => object ?? undefined);

export const optionalFlag = z
  .boolean()
  .nullish()
  .transform((flag) => flag ?? false);

/**
 * An empty body reaches the schema as undefined.
 * @throws {ProtocolError} 413 request_entity_too_large, 400 bad_json, 400 validation_failed
 */
export async function readBody<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.output<Schema>> {
  const value = parseJson(await readBytes(request));
  assertStorable(value);
  return check(schema, value);
}

/** The fields of a form. @throws {ProtocolError} 413 request_entity_too_large, 400 bad_json, 400 validation_failed */
export async function readForm<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.output<Schema>> {
  const text = new TextDecoder().decode(await readBytes(request));
  const fields = Object.fromEntries(new URLSearchParams(text));
  assertStorable(fields);
  return check(schema, fields);
}

/** @throws {ProtocolError} 400 validation_failed */
export function readQuery<Schema extends z.ZodType>(url: string, schema: Schema): z.output<Schema> {
  const query = Object.fromEntries(new URL(url).searchParams);
  assertStorable(query);
  return check(schema, query);
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw validationFailed([issue?.path.join('.'), issue?.message].filter(Boolean).join(': '));
}

async function readBytes(request: Request): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length')) > MAX_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // A body sent in chunks names no length beforehand.
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size > MAX_BYTES) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    // Whoever hangs up half-way is no failure of ours.
    throw error instanceof ProtocolError ? error : badJson();
  }
  return Buffer.concat(chunks);
}

function tooLarge(): ProtocolError {
  return new ProtocolError(413, 'request_entity_too_large', 'Request body too large');
}

function parseJson(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // The parser's own message quotes the body.
    throw badJson();
  }
}

function badJson(): ProtocolError {
  return new ProtocolError(400, 'bad_json', 'Could not parse request body as JSON');
}

/** Postgres stores no NUL, and UTF-8 has no lone surrogates. Walks without recursion: the depth is the sender's choice. */
function assertStorable(root: unknown): void {
  const pending = [{ value: root, depth: 0 }];
  for (let item = pending.pop(); item; item = pending.pop()) {
    const { value, depth } = item;
    if (typeof value === 'string') assertStorableText(value);
    if (typeof value !== 'object' || value === null) continue;
    if (depth === MAX_DEPTH) throw validationFailed('The body is nested too deeply');
    for (const [key, entry] of Object.entries(value)) {
      assertStorableText(key);
      pending.push({ value: entry, depth: depth + 1 });
    }
  }
}

function assertStorableText(text: string): void {
  if (!text.isWellFormed() || text.includes('\0')) {
    throw validationFailed('A text contains something that is not a character');
  }
}
