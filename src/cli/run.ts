/** Finds the verb, runs it, and says what went wrong. */
import { reportStartupError } from '../startup-error.ts';
import { CommandError } from './command.ts';

const USAGE = `limen: identity over GraphQL

  limen migrate                     bring the database up to date (the server does so too, at start)
  limen doctor [--json]             look at the whole installation and say what to do; exit code 1 where something fails
  limen admin ADDRESS               make an administrator: a new account, with a random password shown once
  limen directory index             the indexes that finding people needs, while people go on signing in
  limen keys list                   the signing keys, and when each signs and verifies
  limen keys rotate [--overlap 15m] a new signing key: published at once, signing after the overlap
  limen keys project [--ttl 365d]   an anon and a service_role key for supabase-js
  limen audit verify [--head P:H]   whether the audit log is as it was written; exit code 1 where it is not
  limen audit export [--since T] [--until T]
                                    the audit log as lines of JSON, times in UTC
  limen audit prune --before T [--despite-breaks]
                                    remove what is older; what stays can still be verified. Exit code 1, and nothing
                                    removed, where the log does not hold there
  limen sync [--dry-run] [--allow-deletions] [--restart] [--json]
                                    compare Supabase's people with those mirrored into this database; exit code 1
                                    where some failed, 75 where Supabase is out of reach (run it again to go on)

Configured by the same environment as the server. With PGlite, stop the server first: its folder has one owner.
`;

type Command = (args: string[]) => Promise<string>;

// A map, since an object would have `toString` for a command too. Each is loaded when it is asked for: most bring the whole application.
const COMMANDS = new Map<string, () => Promise<Command>>([
  ['migrate', async () => (await import('./migrate.ts')).migrateDatabase],
  ['admin', async () => (await import('./admin.ts')).addAdmin],
  ['audit verify', async () => (await import('./audit.ts')).verifyAudit],
  ['audit export', async () => (await import('./audit.ts')).exportAudit],
  ['audit prune', async () => (await import('./audit.ts')).pruneAudit],
  ['directory index', async () => (await import('./directory.ts')).indexDirectory],
  ['keys list', async () => (await import('./keys.ts')).listKeys],
  ['keys rotate', async () => (await import('./keys.ts')).rotateKeys],
  ['keys project', async () => (await import('./keys.ts')).projectKeys],
  ['sync', async () => (await import('./sync.ts')).syncWithSupabase],
  ['doctor', async () => (await import('./doctor.ts')).examineInstallation],
]);

/** `EX_USAGE` of sysexits.h. */
const EXIT_USAGE = 64;

const [first = '', second = '', ...rest] = process.argv.slice(2);
const command = COMMANDS.has(first) ? first : `${first} ${second}`;
const load = COMMANDS.get(command);

if (!load) {
  const asked = ['', 'help', '--help', '-h'].includes(first);
  if (asked) process.stdout.write(USAGE);
  else process.stderr.write(`${missing()}\n\n${USAGE}`);
  process.exitCode = asked ? 0 : EXIT_USAGE;
} else {
  try {
    const run = await load();
    process.stdout.write(await run(command === first ? [second, ...rest].filter(Boolean) : rest));
  } catch (error) {
    if (error instanceof CommandError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = EXIT_USAGE;
    } else {
      process.exitCode = reportStartupError(error);
    }
  }
}

function missing(): string {
  const group = [...COMMANDS.keys()].filter((name) => name.startsWith(`${first} `));
  if (group.length === 0) return `There is no \`limen ${first}\`.`;
  const names = group.map((name) => `\`limen ${name}\``).join(', ');
  return `There is no \`limen ${command.trim()}\`, but ${names}.`;
}
