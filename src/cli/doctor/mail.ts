/** Whether mail can leave, and whether any waits. Nothing is sent. */
import { verifySmtp } from '../../adapters/mail/smtp-delivery.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { type Finding, fail, type Installation, ok, warn } from './check.ts';

const WAITS_LONG_SECONDS = 300;

export async function checkMail({ config, database }: Installation): Promise<Finding[]> {
  if (config.auth.kind !== 'embedded') return [];
  return [await server(config), ...(database ? await backlog(database) : [])];
}

async function server({ mail, auth, production }: Installation['config']): Promise<Finding> {
  if (!mail.smtp) {
    const byHook = auth.kind === 'embedded' && auth.hooks.send_email;
    if (byHook) return ok('sent by the hook of the operator');
    return production
      ? fail('no mail can be sent', 'Set SMTP_URL: nobody can confirm an address or get back in without it.')
      : ok('kept in the mailbox of development, at /dev/mail');
  }
  try {
    await verifySmtp(mail.smtp);
    return ok('the SMTP server lets Limen in');
  } catch (error) {
    const { code, responseCode } = error as { code?: string; responseCode?: number };
    return fail(
      `the SMTP server does not let Limen in: ${[code, responseCode].filter(Boolean).join(' ') || 'no answer'}`,
      'Look at SMTP_URL (or SMTP_HOST, SMTP_PORT, SMTP_USER, SMTP_PASS), and whether this machine may connect there.',
    );
  }
}

async function backlog(database: Database): Promise<Finding[]> {
  const [there] = await database.query<{ name: string | null }>(
    "select to_regclass('limen.outbox')::text as name",
  );
  if (!there?.name) return [];
  const [found] = await database.query<{ late: number; given_up: number }>(
    `select count(*) filter (where sent_at is null and given_up_at is null and created_at < now() - make_interval(secs => $1)) as late,
       count(*) filter (where given_up_at > now() - interval '1 day') as given_up
     from limen.outbox where sent_at is null`,
    [WAITS_LONG_SECONDS],
  );
  const { late, given_up } = found!;
  const findings: Finding[] = [];
  if (late > 0)
    findings.push(
      warn(
        `${late} messages wait for more than ${WAITS_LONG_SECONDS / 60} minutes`,
        'Look whether a server runs, and into limen.outbox (last_error).',
      ),
    );
  if (given_up > 0)
    findings.push(
      warn(`${given_up} messages were given up in the last day`, 'limen.outbox says why (last_error).'),
    );
  return findings.length > 0 ? findings : [ok('nothing waits in the outbox')];
}
