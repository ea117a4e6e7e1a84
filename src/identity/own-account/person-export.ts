/** Everything that is kept about somebody, for themselves. */
import type { Account } from '../account.ts';
import { type AttemptLimiter, countAttempt } from '../attempts.ts';
import { type AuditLog, myActivity } from '../audit/audit.ts';
import type { AuthBackend } from '../auth-backend.ts';
import type { Client } from '../client.ts';
import type { Clock } from '../clock.ts';
import { DeniedError } from '../denial.ts';
import { verifiedFactors } from '../factors/factor.ts';
import { AssuranceRequiredError } from '../factors/factor-errors.ts';
import type { JsonObject } from '../json.ts';
import type { Person } from '../viewer.ts';

export interface PersonExport {
  readonly exportedAt: Date;
  /** A key for each kind of thing. Never a secret, nor what one could be found from. */
  readonly data: JsonObject;
}

/** Reads the tables that are at hand, and records that it did. */
export interface PersonExporter {
  read(account: Account, client: Client): Promise<JsonObject>;
}

/** Of the newest events: more than anybody looks through, and a bound for the answer. */
const MAX_EVENTS = 1000;

/**
 * @throws {AssuranceRequiredError} the person has a second factor, and the session has not shown it @throws {RateLimitedError}
 * @throws {DeniedError} when the session is over
 */
export async function exportMyData(
  needs: {
    auth: AuthBackend;
    attempts: AttemptLimiter;
    auditLog: AuditLog;
    client: Client;
    clock: Clock;
    exporter: PersonExporter;
  },
  viewer: Person,
): Promise<PersonExport> {
  const account = await needs.auth.findOwnAccount(viewer.accessToken);
  if (!account) throw new DeniedError('UNAUTHENTICATED');
  const hasFactor = verifiedFactors(account.record?.factors).length > 0;
  if (hasFactor && viewer.assuranceLevel === 'aal1') throw new AssuranceRequiredError();
  await countAttempt(needs, 'export', account.id);
  const events = await myActivity(needs, viewer, { limit: MAX_EVENTS, inverted: false });
  const activity = events.map(({ source: _source, keyset: _keyset, ...event }) => asJson(event));
  const data = await needs.exporter.read(account, needs.client);
  return { exportedAt: needs.clock(), data: { ...data, activity } };
}

const asJson = (value: object) => JSON.parse(JSON.stringify(value)) as JsonObject;
