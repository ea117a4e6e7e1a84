/**
 * Refresh tokens of version 2: base64url of body | mac | check. The body is 0x00, the session's UUID and a counter;
 * the mac is made with a key of the session's own, so nothing but the counter needs to be stored.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export interface RefreshToken {
  sessionId: string;
  counter: number;
  body: Buffer;
  mac: Buffer;
}

const VERSION = 0;
const HEAD_BYTES = 17;
const MAC_BYTES = 16;
const CHECK_BYTES = 4;

/** As it is kept in `sessions.refresh_token_hmac_key`. */
export const newRefreshTokenKey = () => randomBytes(32).toString('base64url');

export function encodeRefreshToken(sessionId: string, counter: number, key: string): string {
  const body = bodyOf(sessionId, counter);
  const mac = macOf(body, key);
  return Buffer.concat([body, mac, checkOf(body, mac)]).toString('base64url');
}

/** Null for what was never spelt by `encodeRefreshToken`. That a session's own key made it is for `isGenuine` to say. */
export function decodeRefreshToken(token: string): RefreshToken | null {
  const bytes = Buffer.from(token, 'base64url');
  // One token has one spelling: base64url decoders overlook padding and stray bits.
  if (bytes.toString('base64url') !== token) return null;
  if (bytes.length <= HEAD_BYTES + MAC_BYTES + CHECK_BYTES || bytes[0] !== VERSION) return null;
  const body = bytes.subarray(0, -(MAC_BYTES + CHECK_BYTES));
  const mac = bytes.subarray(body.length, -CHECK_BYTES);
  if (!checkOf(body, mac).equals(bytes.subarray(-CHECK_BYTES))) return null;
  const counter = decodeVarint(body.subarray(HEAD_BYTES));
  const sessionId = uuidOf(body.subarray(1, HEAD_BYTES));
  if (counter === null || !bodyOf(sessionId, counter).equals(body)) return null;
  return { sessionId, counter, body, mac };
}

/** False too where the key is none that can be read here: Supabase Auth may keep it encrypted, as JSON. */
export function isGenuine({ body, mac }: RefreshToken, key: string | null): boolean {
  if (!key || !/^[\w-]+=*$/.test(key)) return false;
  return timingSafeEqual(mac, macOf(body, key));
}

function bodyOf(sessionId: string, counter: number): Buffer {
  return Buffer.concat([
    Buffer.of(VERSION),
    Buffer.from(sessionId.replaceAll('-', ''), 'hex'),
    encodeVarint(counter),
  ]);
}

function macOf(body: Buffer, key: string): Buffer {
  return createHmac('sha256', Buffer.from(key, 'base64url')).update(body).digest().subarray(0, MAC_BYTES);
}

function checkOf(body: Buffer, mac: Buffer): Buffer {
  return createHash('sha256').update(body).update(mac).digest().subarray(0, CHECK_BYTES);
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Unsigned LEB128: seven bits a byte, the lowest first, the high bit set on all but the last. */
function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** Null beyond what a number holds exactly. Longer spellings of a value are for the caller to find out. */
function decodeVarint(bytes: Buffer): number | null {
  const value = bytes.reduceRight((sum, byte) => sum * 0x80 + (byte & 0x7f), 0);
  return Number.isSafeInteger(value) ? value : null;
}
