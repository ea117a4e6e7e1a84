/** The Limen that is toured, with all that belongs to it, in one of the ways to run it. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConfiguredSigningKeys } from '../src/adapters/tokens/configured-signing-keys.ts';
import { signProjectKey } from '../src/adapters/tokens/project-key.ts';
import { onServer, withDatabase } from '../test/support/server.ts';
import { addressOf, freePort, type LimenProcess, startLimen } from './limen-process.ts';
import { openProvider, type Provider } from './provider.ts';

export const MODES = ['pglite', 'postgres', 'supabase', 'supabase-database'] as const;
export type Mode = (typeof MODES)[number];

export interface House {
  /** Of the Limen that is toured. */
  readonly url: string;
  /** Of the auth server behind it, which sends the mails: Limen itself, or the project in front of which it stands. */
  readonly authUrl: string;
  /** The key of that server that applications may hold. */
  readonly publicKey: string;
  readonly provider: Provider;
  readonly administrator: { email: string; password: string };
  close(): Promise<void>;
}

/** Where the frontend is. Nobody listens there: what comes back to it is read from the address. */
export const SITE = 'http://localhost:3000';

/** For the Limen that is spoken to. */
const FRONT = { CORS_ORIGINS: SITE, RATE_LIMITS: 'off', WEBHOOK_ALLOW_PRIVATE: 'on' };

/** Everything that can be switched on in the auth server. */
const EVERYTHING = {
  SITE_URL: SITE,
  EMAIL_CONFIRMATION: 'on',
  EXTERNAL_ANONYMOUS_USERS_ENABLED: 'on',
  EXTERNAL_PHONE_ENABLED: 'on',
  IMPERSONATION_ENABLED: 'on',
  REDIRECT_ALLOW_LIST: `${SITE}/**`,
  RATE_LIMITS: 'off',
};

/** @param serverUrl a PostgreSQL server, for the modes `postgres` and `supabase-database`; a database of its own is made there, and dropped again */
export async function openHouse(mode: Mode, serverUrl: string | undefined): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), 'limen-tour-'));
  const closers: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  const start = async (name: string, port: number, env: Record<string, string>): Promise<LimenProcess> => {
    mkdirSync(join(folder, name));
    const limen = await startLimen(join(folder, name), port, env);
    closers.push(limen.stop);
    return limen;
  };

  try {
    const needsServer = mode === 'postgres' || mode === 'supabase-database';
    const database = needsServer ? await createDatabase(serverUrl, closers) : {};
    const project = mode === 'supabase' || mode === 'supabase-database' ? await createProject() : null;
    const own = project ? { JWT_SECRET: project.jwtSecret } : FRONT;
    const port = await freePort();
    const provider = await openProvider(`${addressOf(port)}/auth/v1/callback`, SITE);
    closers.push(provider.close);
    const limen = await start('embedded', port, { ...EVERYTHING, ...own, ...provider.env, ...database });
    const { administrator } = limen;
    if (!administrator) throw new Error('The first start showed no administrator.');
    const front = project
      ? await start('front', await freePort(), { ...FRONT, ...inFrontOf(limen.url, project), ...database })
      : limen;
    return {
      url: front.url,
      authUrl: limen.url,
      publicKey: project?.publicKey ?? 'public',
      administrator,
      provider,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function createDatabase(serverUrl: string | undefined, closers: (() => unknown)[]) {
  if (!serverUrl) throw new Error('DATABASE_URL names no server.');
  const name = `limen_tour_${randomBytes(6).toString('hex')}`;
  await onServer(serverUrl, `create database ${name}`);
  closers.push(() => onServer(serverUrl, `drop database ${name} with (force)`));
  return { DATABASE_URL: withDatabase(serverUrl, name) };
}

const DAY = 86_400;

interface Project {
  readonly jwtSecret: string;
  readonly publicKey: string;
  readonly secretKey: string;
}

/** What somebody who has a project at Supabase is told of it. */
async function createProject(): Promise<Project> {
  const jwtSecret = randomBytes(32).toString('base64url');
  const keys = await createConfiguredSigningKeys({ jwtKeys: null, jwtSecret });
  const now = () => new Date();
  return {
    jwtSecret,
    publicKey: await signProjectKey(keys, 'anon', now, DAY),
    secretKey: await signProjectKey(keys, 'service_role', now, DAY),
  };
}

/** For a Limen whose Supabase is another one: all that it knows of it. */
const inFrontOf = (url: string, { jwtSecret, publicKey, secretKey }: Project) => ({
  SUPABASE_URL: url,
  SUPABASE_ANON_KEY: publicKey,
  SUPABASE_SERVICE_ROLE_KEY: secretKey,
  SUPABASE_JWT_SECRET: jwtSecret,
  ACCESS_TOKEN_TTL: '15m',
});
