import type { Logger } from 'pino';
import type { AuditRecorder } from '../../../identity/audit/audit-event.ts';
import type { RefusalBudget } from '../../limits/refusal-budget.ts';
import type { Database } from '../database.ts';
import { recordEvents } from './audit-log.ts';

export function createAuditRecorder({
  database,
  budget,
  log,
}: {
  database: Database;
  budget: RefusalBudget;
  log: Logger;
}): AuditRecorder {
  return {
    async record(client, event) {
      const isRefusal = event.outcome !== undefined && event.outcome !== 'success';
      const unrecorded = isRefusal ? budget.take(client) : 0;
      // Whoever stands at a farther edge must not try again.
      if (unrecorded === null) {
        client.trail.refusals += 1;
        return;
      }
      const details = { ...event.details, ...(unrecorded > 0 && { unrecorded }) };
      try {
        await recordEvents(database, client, { ...event, details });
      } catch (error) {
        log.error({ requestId: client.requestId, action: event.action, err: error }, 'event not recorded');
      }
    },
  };
}
