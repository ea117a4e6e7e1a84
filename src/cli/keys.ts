import { listSigningKeys, rotateSigningKey } from '../adapters/tokens/database-signing-keys.ts';
import { signProjectKey } from '../adapters/tokens/project-key.ts';
import type { App } from '../app.ts';
import type { Config } from '../config/config.ts';
import { CommandError, durationOption, readArguments, withApp } from './command.ts';

const now = () => new Date();

export async function listKeys(args: string[]): Promise<string> {
  readArguments({ args });
  return withApp(async (app, config) => {
    assertKeysInDatabase(config);
    const keys = await listSigningKeys(app.database, now);
    return keys.map(describe).join('');
  });
}

export async function rotateKeys(args: string[]): Promise<string> {
  const { values } = readArguments({ args, options: { overlap: { type: 'string' } } });
  const overlapSeconds = durationOption(values.overlap, '15m');
  return withApp(async (app, config) => {
    const { accessTokenTtlSeconds } = assertKeysInDatabase(config);
    await rotateSigningKey(app.database, now, { overlapSeconds, accessTokenTtlSeconds });
    const keys = (await listSigningKeys(app.database, now)).map(describe).join('');
    return `${keys}Project keys that the old key signed end with it: make new ones by \`limen keys project\` now, they hold already.\n`;
  });
}

export async function projectKeys(args: string[]): Promise<string> {
  const { values } = readArguments({ args, options: { ttl: { type: 'string' } } });
  const ttlSeconds = durationOption(values.ttl, '365d');
  return withApp(async ({ keys }: App) => {
    if (!keys) throw new CommandError('The keys of a Supabase project are in its dashboard.');
    const [anon, service] = await Promise.all([
      signProjectKey(keys, 'anon', now, ttlSeconds),
      signProjectKey(keys, 'service_role', now, ttlSeconds),
    ]);
    return `SUPABASE_ANON_KEY=${anon}\nSUPABASE_SERVICE_ROLE_KEY=${service}\n`;
  });
}

function assertKeysInDatabase({ auth }: Config) {
  if (auth.kind !== 'embedded')
    throw new CommandError('Supabase keeps the signing keys of this installation.');
  if (auth.jwtKeys || auth.jwtSecret)
    throw new CommandError('The signing keys are in JWT_KEYS and JWT_SECRET.');
  return auth;
}

type ListedKey = Awaited<ReturnType<typeof listSigningKeys>>[number];

function describe({ kid, signsFrom, verifiesUntil }: ListedKey): string {
  const until = verifiesUntil ? `verifies until ${verifiesUntil.toISOString()}` : 'verifies until rotated';
  return `${kid}  signs from ${signsFrom.toISOString()}  ${until}\n`;
}
