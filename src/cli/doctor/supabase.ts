/** Whether the project answers, and knows the keys. */
import type { SupabaseAuthConfig } from '../../config/supabase.ts';
import { ANSWER_TIMEOUT_MS, type Finding, fail, type Installation, ok } from './check.ts';

export async function checkSupabase({ config: { auth } }: Installation): Promise<Finding[]> {
  if (auth.kind !== 'supabase') return [];
  const findings: Finding[] = [];
  if (roleIn(auth.publishableKey) === 'service_role' || auth.publishableKey.startsWith('sb_secret_')) {
    findings.push(
      fail(
        'the publishable key is a secret one',
        'Set SUPABASE_PUBLISHABLE_KEY to the publishable (or anon) key: it goes to places where others see it.',
      ),
    );
  }
  const status = await statusOf(auth);
  if (status === null) {
    findings.push(
      fail(
        `${auth.url} is out of reach`,
        'Look whether SUPABASE_URL is right, whether the project is paused, and whether this machine may go there.',
      ),
    );
  } else if (status === 401 || status === 403) {
    findings.push(
      fail(
        'the secret key is refused',
        'Set SUPABASE_SECRET_KEY to a secret (or service_role) key of this very project.',
      ),
    );
  } else if (status !== 200) {
    findings.push(
      fail(
        `${auth.url} answers ${status}`,
        'Look at the status of the project; 404 is the answer of an address that is none of Supabase’s.',
      ),
    );
  } else {
    findings.push(ok(`${auth.url} answers, and takes the secret key`));
  }
  return findings;
}

/** Of a question that needs the secret key; null where nobody answers. */
async function statusOf({ url, secretKey }: SupabaseAuthConfig): Promise<number | null> {
  const response = await fetch(`${url}/auth/v1/admin/users?page=1&per_page=1`, {
    headers: { apikey: secretKey, authorization: `Bearer ${secretKey}` },
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  }).catch(() => null);
  await response?.body?.cancel();
  return response?.status ?? null;
}

/** Of a legacy key, which is a token; null for any other. */
function roleIn(key: string): unknown {
  try {
    return JSON.parse(Buffer.from(key.split('.')[1] ?? '', 'base64url').toString()).role;
  } catch {
    return null;
  }
}
