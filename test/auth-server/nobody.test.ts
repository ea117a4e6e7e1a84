import { expect, test } from 'vitest';
import { createOutbox } from '../../src/adapters/mail/outbox.ts';
import { openPostgres } from '../../src/adapters/postgres/postgres.ts';
import { NOBODY, sendingNothing } from '../../src/auth-server/codes/nobody.ts';
import { createServerDatabase, hasServer } from '../adapters/postgres/drivers.ts';

test.runIf(hasServer)('an ordinary role, too, writes for nobody as much as for somebody', async () => {
  const server = await createServerDatabase();
  const database = await openPostgres({ url: server.ownerUrl, poolSize: 1 });
  const [before] = await database.query<{ lsn: string; isSuper: string }>(
    `select pg_current_wal_lsn() as lsn, current_setting('is_superuser') as "isSuper"`,
  );
  expect(before?.isSuper).toBe('off');
  const outbox = sendingNothing(createOutbox({ clock: () => new Date(), onWake: () => {} }));
  const message = {
    channel: 'sms',
    template: 'phone-code',
    to: '41795550011',
    userId: NOBODY.id,
    locale: null,
    code: '1'.repeat(10_000),
  } as const;
  // There is no outbox in this database, so that nothing but the message to nobody can be written.
  await database.transaction((tx) => outbox.add(tx, message));
  const [after] = await database.query<{ written: number }>(
    'select pg_wal_lsn_diff(pg_current_wal_lsn(), $1::pg_lsn)::float8 as written',
    [before?.lsn],
  );
  expect(after?.written).toBeGreaterThan(message.code.length);
  await database.close();
  await server.drop();
});
