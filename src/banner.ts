/** What `npm start` shows: every address, where the data lie, and once the first administrator. */
import { resolve } from 'node:path';
import type { Config } from './config/config.ts';
import type { NewAdministrator } from './identity/administration/administrator.ts';

export function printBanner(config: Config, url: string, firstAdmin: NewAdministrator | null): void {
  const auth = config.auth.kind === 'supabase' ? config.auth.url : url;
  const lines = [
    ['GraphQL', `${url}/graphql${config.http.graphiql ? '   (GraphiQL in a browser)' : ''}`],
    ['Supabase Auth', `${auth}/auth/v1`],
    [
      'JWKS',
      config.auth.kind === 'supabase'
        ? `${auth}/auth/v1/.well-known/jwks.json`
        : `${url}/.well-known/jwks.json`,
    ],
    ...(config.auth.kind === 'embedded' ? [['Mail', mailPlace(config, url)]] : []),
    ['Health', `${url}/health   ${url}/ready`],
    ['Mode', mode(config)],
    ['Data', dataPlace(config)],
  ];
  const shown = lines.map(([name, value]) => `  ${name?.padEnd(14)} ${value}`);
  if (firstAdmin) {
    shown.push(
      '',
      '  The first administrator, shown this once:',
      `    ${firstAdmin.email}   ${firstAdmin.password}`,
    );
  }
  process.stdout.write(`\nLimen is listening.\n\n${shown.join('\n')}\n\n`);
}

/** Text messages are only ever in the mailbox. */
function mailPlace({ mail: { smtp } }: Config, url: string): string {
  const mailbox = `${url}/dev/mail`;
  if (!smtp) return `${mailbox}   (what would be sent, in a browser)`;
  return `by SMTP to ${'url' in smtp ? new URL(smtp.url).host : smtp.host}   (text messages: ${mailbox})`;
}

function mode({ auth, database }: Config): string {
  if (auth.kind === 'supabase') return `Supabase at ${auth.url}`;
  return `embedded auth server on ${database.kind === 'pglite' ? 'PGlite' : 'PostgreSQL'}`;
}

/** Without the user and the password that an address may hold. */
function dataPlace({ database }: Config): string {
  if (database.kind === 'pglite')
    return database.dataDir ? resolve(database.dataDir) : 'in memory, gone with the process';
  const { host, pathname } = new URL(database.url);
  return `postgres://${host}${pathname}`;
}
