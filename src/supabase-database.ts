/** What `DATABASE_URL` is to a Supabase project, found out before anything is migrated: its own database, a place for a replica, or neither. */
import type { Logger } from 'pino';
import {
  isNamedAlike,
  type ProjectDatabase,
  projectOf,
  recognizeDatabase,
} from './adapters/mirror/project-database.ts';
import { wantsReplica } from './adapters/mirror/replica.ts';
import type { UpstreamPeople } from './adapters/mirror/upstream-people.ts';
import { hasAuthSchema } from './adapters/postgres/auth-schema/auth-schema.ts';
import { canEndSessions, PEOPLE_TABLES, unreadable } from './adapters/postgres/auth-schema/people-access.ts';
import type { Database } from './adapters/postgres/database.ts';
import type { ChangeFeed } from './adapters/postgres/triggers/change-feed.ts';
import { remoteProject } from './adapters/supabase/remote-project.ts';
import { createUpstreamPeople } from './adapters/supabase/upstream-people.ts';
import type { Config } from './config/config.ts';
import type { SupabaseAuthConfig } from './config/supabase.ts';

export const SUPABASE_TIMEOUT_MS = 5000;
/** A thousand people take longer than one, and nobody waits for them. */
const PAGE_TIMEOUT_MS = 30_000;

export interface SupabaseDatabase {
  /** Of the project. */
  readonly url: string;
  /** Whether the project's people live in it, where this role can read them. */
  readonly isOwn: boolean;
  /** Of people who live in it. */
  readonly canEndSessions: boolean;
  /** Whether there is, or may be, a replica of the project's people in it. */
  readonly mayMirror: boolean;
  /** Looks once more. @throws where that cannot be found out now */
  readonly isStillOwn: () => Promise<boolean>;
  /** The project's people, asked without being heard by a mirror. */
  readonly upstream: UpstreamPeople;
}

/** @throws {ReplicaError} where the configuration asks for a replica that cannot be */
export async function findSupabaseDatabase(
  config: Config,
  auth: SupabaseAuthConfig,
  { database, log }: { database: Database; log: Logger },
): Promise<SupabaseDatabase> {
  const found = await whoseDatabase(config, auth, database, log);
  const isOwn = found === 'own';
  const hidden = found === 'other' ? await unreadable(database, PEOPLE_TABLES) : [];
  if (hidden.length > 0 && (await hasAuthSchema(database)))
    log.warn({ hidden }, 'there is an auth schema whose people this role may not read: see limen doctor');
  if (found === 'unknown')
    log.warn(
      'nobody has signed up at Supabase yet, so whether this is its own database is found out at the next start',
    );
  return {
    url: auth.url,
    isOwn,
    canEndSessions: isOwn && (await canEndSessions(database)),
    isStillOwn: async () => (await recognize(config, auth, database)) !== 'other',
    mayMirror: !isOwn && (await wantsReplica(database, config.mirrorPeople)),
    upstream: peopleOf(auth, PAGE_TIMEOUT_MS),
  };
}

export const peopleOf = (auth: SupabaseAuthConfig, timeoutMs: number): UpstreamPeople =>
  createUpstreamPeople(remoteProject({ ...auth, timeoutMs }), async () => auth.secretKey);

/** Where Supabase is away, or refuses the key, it is what it was found to be before: a start must not wait for it. */
async function whoseDatabase(
  config: Config,
  auth: SupabaseAuthConfig,
  database: Database,
  log: Logger,
): Promise<ProjectDatabase> {
  try {
    return await recognize(config, auth, database);
  } catch (error) {
    log.warn({ err: error }, 'Supabase could not be asked whether this is its own database');
    return (await projectOf(database)) === auth.url ? 'own' : 'other';
  }
}

const recognize = (config: Config, auth: SupabaseAuthConfig, database: Database): Promise<ProjectDatabase> =>
  recognizeDatabase(database, peopleOf(auth, SUPABASE_TIMEOUT_MS), {
    isNamedAlike: isNamedAlike(auth.url, config.database),
    wantsReplica: config.mirrorPeople === 'on',
  });

const LOOK_AGAIN_MS = 5 * 60_000;

/**
 * The feed, while its database is found to be Supabase's own: a copy is as alike until somebody signs in. Once it shows, nothing is believed for
 * what the feed did not tell, and every token is looked up at Supabase.
 */
export function whileOwn(
  feed: ChangeFeed,
  { isStillOwn }: Pick<SupabaseDatabase, 'isStillOwn'>,
  log: Logger,
  everyMs = LOOK_AGAIN_MS,
): ChangeFeed {
  let isOwn = true;
  async function look() {
    isOwn = await isStillOwn();
    if (!isOwn) log.error('DATABASE_URL is not the database of SUPABASE_URL: set it right, and start again');
  }
  const looking = setInterval(
    () =>
      void look().catch((err) => log.debug({ err }, 'not found out whether this is Supabase’s own database')),
    everyMs,
  ).unref();
  return {
    isCaughtUp: () => isOwn && feed.isCaughtUp(),
    async close() {
      clearInterval(looking);
      await feed.close();
    },
  };
}
