/** Settings of the project that weaken it. Its API shows no more of them than clients need; what it does not show is not guessed at. */
import { z } from 'zod';
import { ANSWER_TIMEOUT_MS, type Finding, type Installation, ok, warn } from './check.ts';

const Settings = z.object({
  disable_signup: z.boolean().optional(),
  mailer_autoconfirm: z.boolean().optional(),
  phone_autoconfirm: z.boolean().optional(),
  external: z.record(z.string(), z.unknown()).default({}),
});

export async function checkSupabaseSettings({ config: { auth } }: Installation): Promise<Finding[]> {
  if (auth.kind !== 'supabase') return [];
  const response = await fetch(`${auth.url}/auth/v1/settings`, {
    headers: { apikey: auth.publishableKey },
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  }).catch(() => null);
  // That it is out of reach is found elsewhere.
  if (!response?.ok) {
    await response?.body?.cancel();
    return response
      ? [
          warn(
            `the settings cannot be read: ${response.status}`,
            'Look whether SUPABASE_PUBLISHABLE_KEY is a key of this project.',
          ),
        ]
      : [];
  }
  const { data } = Settings.safeParse(await response.json().catch(() => null));
  if (!data) return [warn('the settings cannot be read', 'Look whether SUPABASE_URL is a Supabase project.')];
  const findings: Finding[] = [];
  if (data.mailer_autoconfirm) {
    findings.push(
      warn(
        'addresses count as confirmed without a mail',
        'Turn on “Confirm email”: otherwise anybody signs up with anybody’s address, and a taken one shows.',
      ),
    );
  }
  if (data.phone_autoconfirm && data.external.phone === true) {
    findings.push(warn('numbers count as confirmed without a code', 'Turn on the confirmation of numbers.'));
  }
  if (data.external.anonymous_users === true) {
    findings.push(
      warn(
        'anybody gets an anonymous account',
        'Have policies look at is_anonymous, set a captcha, or turn it off.',
      ),
    );
  }
  if (data.disable_signup === false) findings.push(ok('sign-ups are open'));
  findings.push(
    ok(
      'the length of passwords is not shown by the API: look that it is 8 or more, with leaked ones refused',
    ),
  );
  return findings;
}
