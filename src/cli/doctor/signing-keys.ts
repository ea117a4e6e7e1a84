import { createConfiguredSigningKeys } from '../../adapters/tokens/configured-signing-keys.ts';
import { listSigningKeys } from '../../adapters/tokens/database-signing-keys.ts';
import { type Finding, fail, type Installation, ok, warn } from './check.ts';

const DAY_MS = 86_400_000;
/** No rule demands it; a year is what people forget. */
const OLD_DAYS = 365;

export async function checkSigningKeys({ config: { auth }, database }: Installation): Promise<Finding[]> {
  if (auth.kind !== 'embedded') return [];
  if (auth.jwtKeys || auth.jwtSecret) {
    const { alg, kid } = await (await createConfiguredSigningKeys(auth)).current();
    const what = `configured, signing with ${alg}${kid ? ` by ${kid}` : ''}`;
    return [
      alg === 'HS256'
        ? warn(
            what,
            'Whoever verifies tokens can make them too. JWT_KEYS with an ES256 key keeps that to Limen; JWT_SECRET may stay, to verify.',
          )
        : ok(what),
    ];
  }
  if (!database) return [];
  const [there] = await database.query<{ name: string | null }>(
    "select to_regclass('limen.signing_keys')::text as name",
  );
  if (!there?.name) return [];
  const now = new Date();
  const keys = await listSigningKeys(database, () => now);
  const current = keys.filter(({ signsFrom }) => signsFrom <= now).at(-1);
  if (!current)
    return [
      keys.length === 0
        ? ok('the first start makes one')
        : fail('none signs at this moment', 'Run limen keys rotate --overlap 1s.'),
    ];
  const days = Math.floor((now.getTime() - current.createdAt.getTime()) / DAY_MS);
  const what = `${current.kid} signs with ES256, ${days} days old, of ${keys.length} that verify`;
  return [days > OLD_DAYS ? warn(what, 'Run limen keys rotate.') : ok(what)];
}
