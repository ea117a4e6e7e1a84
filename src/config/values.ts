/** The kinds of values that variables have. The messages say what is wanted and never repeat what was given. */
import proxyAddr from 'proxy-addr';
import { z } from 'zod';

const MIN_SECRET_CHARACTERS = 32;

export const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Seconds, from a number of them or some with units (`15m`, `1h30m`); null for anything else, and for 0. */
export function parseDuration(text: string): number | null {
  if (!/^(?:\d{1,9}|(?:\d{1,9}[smhd])+)$/.test(text)) return null;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([smhd]?)/g)) {
    seconds += Number(amount) * (UNITS[unit as keyof typeof UNITS] ?? 1);
  }
  return seconds || null;
}

export const duration = z.string().transform((text, context) => {
  const seconds = parseDuration(text);
  if (seconds !== null) return seconds;
  context.addIssue('a number of seconds, or one with a unit: 900, 15m, 12h, 7d');
  return z.NEVER;
});

export const onOff = z
  .enum(['on', 'off', 'true', 'false'], 'on or off')
  .transform((text) => text === 'on' || text === 'true');

export const httpUrl = z
  .url({ protocol: /^https?$/, error: 'an address that starts with http:// or https://' })
  .transform((text) => text.replace(/\/+$/, ''));

export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

export const proxies = list.superRefine((addresses, context) => {
  try {
    proxyAddr.compile(addresses);
  } catch {
    context.addIssue('addresses and ranges (CIDR), separated by commas');
  }
});

export const origins = list.superRefine((given, context) => {
  const isOrigin = (text: string) => text === '*' || URL.parse(text)?.origin === text;
  if (!given.every(isOrigin))
    context.addIssue('origins like https://app.example.com, separated by commas, without a path');
});

export const secret = z.string().min(MIN_SECRET_CHARACTERS, `at least ${MIN_SECRET_CHARACTERS} characters`);

/** What a group of variables is read as. */
export type Values<Variables extends z.ZodRawShape> = z.infer<z.ZodObject<Variables>>;

/** The variables that are given and wrong by themselves: left out of the values, and reported already. */
export type Wrong = ReadonlySet<unknown>;
