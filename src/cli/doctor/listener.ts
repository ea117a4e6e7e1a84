/** Whether what one connection notifies reaches another, and how fast: what the change feed lives on. */
import { randomUUID } from 'node:crypto';
import { ANSWER_TIMEOUT_MS, type Finding, fail, type Installation, ok, warn } from './check.ts';

const SLOW_MS = 500;

export async function checkListener({ database }: Installation): Promise<Finding[]> {
  if (!database) return [];
  const channel = `limen_doctor_${randomUUID().replaceAll('-', '')}`;
  let heard = () => {};
  const notified = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const listener = await database.listen([channel], { onNotification: () => heard(), onLost: () => {} });
  let timer: NodeJS.Timeout | undefined;
  try {
    const startedAt = performance.now();
    await database.query('select pg_notify($1, $2)', [channel, '']);
    const limit = new Promise<'silence'>((resolve) => {
      timer = setTimeout(() => resolve('silence'), ANSWER_TIMEOUT_MS);
    });
    if ((await Promise.race([notified, limit])) === 'silence') {
      return [
        fail(
          'notifications do not arrive',
          'DATABASE_URL must not lead through a pooler in transaction mode (as Supabase’s port 6543): take the direct address, or the session pooler.',
        ),
      ];
    }
    const ms = performance.now() - startedAt;
    const what = `a notification takes ${ms.toFixed(1)} ms`;
    return [
      ms > SLOW_MS
        ? warn(
            what,
            'What changes elsewhere is heard of so late: look at the network, and the load of the database.',
          )
        : ok(what),
    ];
  } finally {
    clearTimeout(timer);
    await listener.close().catch(() => {});
  }
}
