/** What a stored text may hold. Postgres cannot store NUL, and UTF-8 has no lone surrogates. */
import type { JsonValue } from './json.ts';

export const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0');

/** Whether every text in the value, keys included, can be stored. */
export function isStorableJson(value: JsonValue): boolean {
  if (typeof value === 'string') return isStorable(value);
  if (Array.isArray(value)) return value.every(isStorableJson);
  if (value === null || typeof value !== 'object') return true;
  return Object.entries(value).every(([key, entry]) => isStorable(key) && isStorableJson(entry));
}

export const codePointsIn = (text: string) => [...text].length;

/** How many bytes the value takes in a token or a row. */
export const jsonBytes = (value: JsonValue) => new TextEncoder().encode(JSON.stringify(value)).byteLength;
