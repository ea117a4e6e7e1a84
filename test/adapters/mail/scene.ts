/** What sends, on a database of its own, at a time that moves when told. */
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { Delivery, QueuedMessage } from '../../../src/adapters/mail/delivery.ts';
import type { Message } from '../../../src/adapters/mail/message.ts';
import { createOutboxWorker } from '../../../src/adapters/mail/outbox-worker.ts';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import { openTestDatabase } from '../../support/database.ts';
import { addToOutbox } from './messages.ts';

/** An outbox on PGlite whose time moves when told, and a delivery that notes what it was given. */
export async function createScene(send: (message: QueuedMessage) => Promise<void> = async () => {}) {
  const database = await openTestDatabase('pglite');
  onTestFinished(() => database.close());
  let now = Date.now();
  const clock = () => new Date(now);
  const log: Record<string, unknown>[] = [];
  const sent: QueuedMessage[] = [];
  const delivery: Delivery = {
    async send(message) {
      await send(message);
      sent.push(message);
    },
  };
  return {
    database,
    clock,
    log,
    sent,
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
    worker: createWorker(database, delivery, clock, log),
    add: (...messages: Message[]) => addToOutbox(database, clock, ...messages),
    rows: () => database.query('select * from limen.outbox order by created_at'),
  };
}

export function createWorker(
  database: Database,
  delivery: Delivery,
  clock = () => new Date(),
  lines: Record<string, unknown>[] = [],
) {
  const log = pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line)) });
  return createOutboxWorker({ database, delivery, clock, log, codeTtlSeconds: 3600, pollMs: 50 });
}
