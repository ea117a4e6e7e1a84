/** The process's log: JSON lines on standard output. Nothing secret is handed to it; the redaction is the second lock. */
import { type Logger, pino } from 'pino';

const SECRETS = ['password', 'accessToken', 'refreshToken', 'authorization', 'apikey', 'secret', 'token'];

export function createLog(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
  });
}
