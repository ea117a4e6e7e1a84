/** Whether other services are told, and whether what signs to them is kept as it should be. Nothing is sent. */
import { type Finding, fail, type Installation, ok, warn } from './check.ts';

interface Counts {
  endpoints: number;
  sealed: number;
  switched_off: string[];
  failing: string[];
  dead: number;
}

const FAILS_LONG_SECONDS = 3600;

export async function checkWebhooks({ config, database }: Installation): Promise<Finding[]> {
  const [there] = (await database?.query<{ name: string | null }>(
    `select attrelid::regclass::text as name from pg_attribute
     where attrelid = to_regclass('limen.webhook_endpoints') and attname = 'disabled_at'`,
  )) ?? [null];
  if (!database || !there) return [];
  const [counts] = await database.query<Counts>(
    `select count(*)::int as endpoints, count(*) filter (where secret like 'sealed:%')::int as sealed,
       coalesce(array_agg(id::text) filter (where disabled_at is not null), '{}') as switched_off,
       coalesce(array_agg(id::text) filter (where is_enabled and failing_since < now() - make_interval(secs => $1)), '{}') as failing,
       (select count(*)::int from limen.webhook_deliveries where status = 'dead' and finished_at > now() - interval '1 day') as dead
     from limen.webhook_endpoints`,
    [FAILS_LONG_SECONDS],
  );
  const { endpoints } = counts!;
  if (endpoints === 0) return [];
  const findings = [...secrets(counts!, config.webhooks.secretKey !== null), ...receivers(counts!)];
  return findings.length > 0
    ? findings
    : [ok(`${endpoints} there, and nothing was given up in the last day`)];
}

function* secrets({ endpoints, sealed }: Counts, hasKey: boolean): Generator<Finding> {
  if (sealed > 0 && !hasKey) {
    yield fail(
      `the secrets of ${sealed} are sealed, and there is no WEBHOOK_SECRET_KEY`,
      'Nothing can be signed for them: set the key again, or rotate their secrets.',
    );
  }
  if (sealed < endpoints && hasKey) {
    yield warn(
      `the secrets of ${endpoints - sealed} are from before WEBHOOK_SECRET_KEY, and lie there as they are`,
      'rotateWebhookSecret seals them.',
    );
  }
}

function* receivers({ switched_off, failing, dead }: Counts): Generator<Finding> {
  for (const id of switched_off) {
    yield warn(
      `${id} was switched off, as nothing had arrived for days`,
      'See to its receiver; updateWebhook with isEnabled: true then sends what waits.',
    );
  }
  for (const id of failing) {
    yield warn(`${id} has failed for more than an hour`, 'webhookDeliveries says why (lastError).');
  }
  if (dead > 0) {
    yield warn(
      `${dead} deliveries were given up in the last day`,
      'webhookDeliveries(filter: { status: DEAD }) says why, and redeliver sends one again.',
    );
  }
}
