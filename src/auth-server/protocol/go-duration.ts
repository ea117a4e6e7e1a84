/** Durations as Go writes them (`24h`, `1h30m`, `1.5h`), which is how Supabase Auth is told of a ban's length. */

const MS_BY_UNIT: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const PART = '(\\d+(?:\\.\\d+)?)(ns|us|µs|μs|ms|s|m|h)';
const DURATION = new RegExp(`^(?:${PART})+$`);
/** Go's own limit: 2^63 ns, about 292 years. */
const MAX_MS = 2 ** 63 / 1e6;

/** In milliseconds; null for what is no duration, or a negative one. */
export function parseGoDuration(text: string): number | null {
  if (!DURATION.test(text)) return null;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(new RegExp(PART, 'g'))) {
    ms += Number(amount) * (MS_BY_UNIT[unit ?? ''] ?? 0);
  }
  return ms <= MAX_MS ? ms : null;
}
