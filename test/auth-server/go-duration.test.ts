import { describe, expect, test } from 'vitest';
import { parseGoDuration } from '../../src/auth-server/protocol/go-duration.ts';

const HOUR = 3_600_000;

describe('a duration as Go writes it', () => {
  test.each([
    ['24h', 24 * HOUR],
    ['1h30m', 1.5 * HOUR],
    ['1.5h', 1.5 * HOUR],
    ['2m3s', 123_000],
    ['100ms', 100],
    ['87600h', 87_600 * HOUR],
    ['0s', 0],
  ])('%s', (text, ms) => {
    expect(parseGoDuration(text)).toBe(ms);
  });

  test.each(['', '24', 'h', '1d', '-1h', '1h ', '1h,5m', 'none', '1e3h', '9999999999h'])(
    'is not %j',
    (text) => {
      expect(parseGoDuration(text)).toBeNull();
    },
  );
});
