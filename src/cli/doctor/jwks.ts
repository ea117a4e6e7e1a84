/** Whether others can verify tokens: the public keys, at the address that tokens name. */
import { z } from 'zod';
import { createConfiguredSigningKeys } from '../../adapters/tokens/configured-signing-keys.ts';
import { listSigningKeys } from '../../adapters/tokens/database-signing-keys.ts';
import { ANSWER_TIMEOUT_MS, type Finding, fail, type Installation, ok, warn } from './check.ts';

const Jwks = z.object({ keys: z.array(z.looseObject({ kid: z.string().optional() })) });

export async function checkJwks(installation: Installation): Promise<Finding[]> {
  const { auth } = installation.config;
  const base = auth.kind === 'embedded' ? auth.issuer : `${auth.url}/auth/v1`;
  const url = `${base}/.well-known/jwks.json`;
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  }).catch(() => null);
  if (!response?.ok) {
    const what = `${url} ${response ? `answers ${response.status}` : 'is out of reach from here'}`;
    await response?.body?.cancel();
    return auth.kind === 'embedded'
      ? [
          warn(
            what,
            'Start the server, and look whether API_EXTERNAL_URL is its address: others fetch the keys there.',
          ),
        ]
      : [fail(what, 'Look whether SUPABASE_URL is right, and whether this machine may go there.')];
  }
  const parsed = Jwks.safeParse(await response.json().catch(() => null));
  if (!parsed.success)
    return [fail(`${url} answers with something else`, 'Look what else listens at that address.')];
  const shown = parsed.data.keys.map(({ kid }) => kid ?? '');
  if (auth.kind === 'supabase') return ofSupabase(url, shown, auth.jwtSecret !== null);
  const missing = (await ownKeys(installation)).filter((kid) => !shown.includes(kid));
  return [
    missing.length === 0
      ? ok(`${url} shows the keys that sign here`)
      : fail(
          `${url} does not show ${missing.join(', ')}`,
          'Another Limen answers there, or one with another database: look at API_EXTERNAL_URL.',
        ),
  ];
}

function ofSupabase(url: string, shown: string[], hasSecret: boolean): Finding[] {
  if (shown.length > 0) return [ok(`${url} shows ${shown.length} keys`)];
  return [
    hasSecret
      ? warn(
          'the project signs with its legacy secret',
          'Change to signing keys in its dashboard: they verify without a secret that could sign.',
        )
      : fail(
          `${url} shows no keys`,
          'Set SUPABASE_JWT_SECRET, or change to signing keys in the project’s dashboard: no token can be verified so.',
        ),
  ];
}

async function ownKeys({ config: { auth }, database }: Installation): Promise<string[]> {
  if (auth.kind !== 'embedded') return [];
  if (auth.jwtKeys || auth.jwtSecret) {
    const { keys } = await (await createConfiguredSigningKeys(auth)).publicKeys();
    return keys.flatMap(({ kid }) => kid ?? []);
  }
  if (!database) return [];
  return (await listSigningKeys(database, () => new Date())).map(({ kid }) => kid);
}
