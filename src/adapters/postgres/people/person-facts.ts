import type { Clock } from '../../../identity/clock.ts';
import type { PersonFactStore } from '../../../identity/own-account/person-facts.ts';
import { auditRows, insertAuditRows } from '../audit/audit-log.ts';
import type { Database } from '../database.ts';

interface FactsRow {
  user_id: string;
  onboarded_at: Date | null;
  email_consent_at: Date | null;
  deletes_at: Date | null;
}

/** @param isNoted whether triggers write down what changes in `auth.users`: see `person-triggers.ts` */
export function createPersonFacts(
  database: Database,
  clock: Clock,
  { isNoted }: { isNoted: boolean },
): PersonFactStore {
  return {
    async read(userIds) {
      const rows = await database.query<FactsRow>(
        `select user_id, onboardings.completed_at as onboarded_at, deletes_at,
           (select at from limen.consents where consents.user_id = person.user_id and purpose = 'email'
            order by sequence desc limit 1) as email_consent_at
         from unnest($1::uuid[]) as person (user_id)
           left join limen.onboardings using (user_id) left join limen.account_deletions using (user_id)`,
        [userIds],
      );
      return new Map(
        rows.map(({ user_id, onboarded_at, email_consent_at, deletes_at }) => [
          user_id,
          { onboardedAt: onboarded_at, emailConsentAt: email_consent_at, deletesAt: deletes_at },
        ]),
      );
    },

    async noteProfile({ id, userMetadata }, client) {
      if (isNoted) return;
      await database.transaction(async (tx) => {
        const [noted] = await tx.query<{ consents: boolean | null }>(
          'select limen.note_profile($1, $2::jsonb, $3) as consents',
          [id, userMetadata, clock()],
        );
        if (noted?.consents == null) return;
        const action = noted.consents ? 'consent.given' : 'consent.withdrawn';
        const event = { action, userId: id, details: { type: 'email' } } as const;
        // Beside what the change itself is recorded as, and so not noted as recorded.
        await tx.query(insertAuditRows('$1'), [auditRows(client, event)]);
      });
    },

    async forget(userId) {
      await database.query('select limen.forget_person($1)', [userId]);
    },
  };
}
