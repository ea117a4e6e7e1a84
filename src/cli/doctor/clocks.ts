/** Tokens, codes and the change feed compare times of this machine, of the database and of Supabase. */
import { ANSWER_TIMEOUT_MS, type Finding, fail, type Installation, ok, warn } from './check.ts';

/** Beyond that a token may be from before a change and look as if it were from after. */
const MOST_SECONDS = 5;
const MUCH_SECONDS = 2;

export async function checkClocks({ config, database }: Installation): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (database) {
    const before = Date.now();
    const [row] = await database.query<{ now: Date }>('select clock_timestamp() as now');
    findings.push(compare('the database', row!.now.getTime(), before, 0));
  }
  if (config.auth.kind === 'supabase') {
    const before = Date.now();
    const response = await fetch(`${config.auth.url}/auth/v1/health`, {
      headers: { apikey: config.auth.publishableKey },
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    }).catch(() => null);
    await response?.body?.cancel();
    const date = Date.parse(response?.headers.get('date') ?? '');
    // `Date` has whole seconds.
    if (!Number.isNaN(date)) findings.push(compare('Supabase', date, before, 1));
  }
  return findings;
}

function compare(whose: string, theirs: number, before: number, precisionSeconds: number): Finding {
  // Whenever they looked at it, it was between the question and the answer.
  const early = (before - theirs) / 1000 - precisionSeconds;
  const late = (theirs - Date.now()) / 1000;
  const apart = Math.max(early, late, 0);
  const what = `the clock of ${whose} is ${apart.toFixed(1)} s apart from this one`;
  const advice = 'Have both set by NTP.';
  if (apart > MOST_SECONDS) return fail(what, advice);
  return apart > MUCH_SECONDS ? warn(what, advice) : ok(what);
}
