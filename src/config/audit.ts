/** The audit log. */
import { z } from 'zod';
import type { Values } from './values.ts';

export interface AuditConfig {
  /** Events older than so many days are removed. Null: none ever is. */
  readonly retentionDays: number | null;
}

export const auditVariables = {
  AUDIT_RETENTION_DAYS: z.coerce
    .number('a number of days')
    .int('a whole number of days')
    .min(1, 'at least 1')
    .max(36_500, 'at most 36500')
    .optional(),
};

export const auditConfig = (env: Values<typeof auditVariables>): AuditConfig => ({
  retentionDays: env.AUDIT_RETENTION_DAYS ?? null,
});
