/** How often anybody may try something, and how much is sent to people: as the configuration says. */
import type { Logger } from 'pino';
import { createAttemptLimiter } from './adapters/limits/attempt-limiter.ts';
import { type AttemptLimits, inAnHour } from './adapters/limits/attempt-limits.ts';
import type { Database } from './adapters/postgres/database.ts';
import type { Config } from './config/config.ts';
import type { AttemptLimiter } from './identity/attempts.ts';

export function openLimits(config: Config, database: Database, log: Logger): AttemptLimiter {
  return createAttemptLimiter({
    database,
    enabled: config.rateLimits !== null,
    limits: attemptLimitsOf(config),
    onExhausted: (kind, seconds) =>
      log.warn(
        { kind, seconds },
        'nobody is sent any more for now: see RATE_LIMIT_EMAIL_SENT and RATE_LIMIT_SMS_SENT',
      ),
  });
}

function attemptLimitsOf({ auth, rateLimits }: Config): Partial<AttemptLimits> {
  return {
    ...(auth.kind === 'embedded' && { sms: { attempts: 1, seconds: auth.phone.maxFrequencySeconds } }),
    ...(rateLimits && {
      inAll: { mail: inAnHour(rateLimits.mailsPerHour), sms: inAnHour(rateLimits.textsPerHour) },
    }),
  };
}
