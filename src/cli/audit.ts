import {
  type Break,
  type ChainHead,
  type ChainReport,
  verifyChain,
} from '../adapters/postgres/audit/audit-chain.ts';
import { exportAuditEvents } from '../adapters/postgres/audit/audit-export.ts';
import { BrokenChainError, pruneAuditEvents } from '../adapters/postgres/audit/audit-pruning.ts';
import { ownClient } from '../identity/client.ts';
import { CommandError, readArguments, withApp } from './command.ts';

const BROKEN = {
  changed: 'is not what was recorded',
  removed: 'is gone',
  inserted: 'is older than what was recorded before it',
  gap: 'is missing in the chain',
  'expected-head': 'does not have the hash that was noted down',
};

/** Exit code 1 where the chain does not hold: for a job that watches it. */
export async function verifyAudit(args: string[]): Promise<string> {
  const { values } = readArguments({ args, options: { head: { type: 'string' } } });
  const expected = values.head === undefined ? null : parseHead(values.head);
  return withApp(async ({ database, audit }) => {
    await audit.sealDue();
    const report = await verifyChain(database, expected);
    if (report.broken) process.exitCode = 1;
    return describe(report);
  });
}

function describe({ verified, unsealed, head, anchor, broken }: ChainReport): string {
  const lines = [
    ...(anchor ? [`begins after position ${anchor.position}: what was before is pruned`] : []),
    `verified: ${verified}`,
    `not yet sealed: ${unsealed}`,
    ...(head ? [`head: ${head.position}:${head.hash}`] : []),
    broken ? describeBreak(broken) : 'The chain holds.',
  ];
  return `${lines.join('\n')}\n`;
}

const describeBreak = ({ position, sequence, what }: Break) =>
  `BROKEN: position ${position}${sequence === null ? '' : ` (event ${sequence})`} ${BROKEN[what]}`;

/** To standard output, page by page: a log of any size needs little memory. */
export async function exportAudit(args: string[]): Promise<string> {
  const { values } = readArguments({
    args,
    options: { since: { type: 'string' }, until: { type: 'string' } },
  });
  const [since, until] = [timeOption(values.since), timeOption(values.until)];
  return withApp(async ({ database }) => {
    for await (const line of exportAuditEvents(database, { since, until })) {
      if (!process.stdout.write(`${line}\n`)) {
        await new Promise((resolve) => process.stdout.once('drain', resolve));
      }
    }
    return '';
  });
}

export async function pruneAudit(args: string[]): Promise<string> {
  const { values } = readArguments({
    args,
    options: { before: { type: 'string' }, 'despite-breaks': { type: 'boolean', default: false } },
  });
  const before = timeOption(values.before);
  if (!before) throw new CommandError('Up to when: limen audit prune --before 2026-01-01');
  return withApp(async ({ database, audit }) => {
    await audit.sealDue();
    const client = ownClient('limen audit prune');
    try {
      const { events } = await pruneAuditEvents(database, client, before, {
        despiteBreaks: values['despite-breaks'],
      });
      await audit.sealDue();
      return `${events} events removed. What stays can still be verified.\n`;
    } catch (error) {
      if (!(error instanceof BrokenChainError)) throw error;
      process.exitCode = 1;
      return `${describeBreak(error.broken)}
Nothing was removed of it: afterwards nobody could see that something is wrong. Find out who it was, keep a copy of what is
there (limen audit export), and then: limen audit prune --before ${values.before} --despite-breaks, which is recorded.
`;
    }
  });
}

/** @throws {CommandError} */
function timeOption(text: string | undefined): Date | null {
  if (text === undefined) return null;
  const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?Z)?$/.test(text) ? new Date(text) : null;
  if (!time || Number.isNaN(time.getTime())) {
    throw new CommandError(`${text} is no time in UTC: 2026-01-31, 2026-01-31T12:00:00Z`);
  }
  return time;
}

/** @throws {CommandError} */
function parseHead(text: string): ChainHead {
  const [, position, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (!position || !hash)
    throw new CommandError(`${text} is no head, as an earlier verification printed it.`);
  return { position: Number(position), hash };
}
