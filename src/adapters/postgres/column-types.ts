/** How values travel between JavaScript and SQL where the two drivers, left to themselves, would differ. */

/**
 * Parsers by type OID, for the text form.
 * `timestamp` has no zone and is read as UTC; `date` is midnight UTC; `infinity` is the last (first) moment that a `Date` can hold.
 */
export const columnParsers: Readonly<Record<number, (text: string) => unknown>> = {
  17: parseBytea,
  20: Number,
  1082: parseTime,
  1114: parseTime,
  1184: parseTime,
};

// The ISO style that both drivers ask for, which JavaScript's own ISO format resembles but does not equal.
const TIME = /^(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d(?:\.\d+)?)(?:([+-]\d\d)(:\d\d)?)?)?$/;
const LAST_MOMENT = 8.64e15;

function parseTime(text: string): Date {
  if (text === 'infinity') return new Date(LAST_MOMENT);
  if (text === '-infinity') return new Date(-LAST_MOMENT);
  const [, date, time = '00:00:00', hours = '+00', minutes = ':00'] = TIME.exec(text) ?? [];
  if (!date) throw new RangeError(`A time that cannot be read: ${text}`);
  return new Date(`${date}T${time}${hours}${minutes}`);
}

function parseBytea(text: string): Uint8Array {
  // A plain Uint8Array in both drivers: a Buffer would compare and serialize differently.
  return new Uint8Array(Buffer.from(text.slice(2), 'hex'));
}

/**
 * Makes a parameter independent of the driver and of this machine's time zone: times as UTC text, objects as JSON text.
 * An array is a Postgres array. A JSON array must come as JSON text, because nothing here knows the column's type.
 */
export function encodeParameter(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(encodeParameter);
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) return JSON.stringify(value);
  return value;
}
