/** What is kept about a person, and that they are shown all of it that is no secret. */
import { describe, expect, test } from 'vitest';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import { openPersonExporter } from '../../../src/adapters/postgres/people/person-exporter.ts';
import {
  NOT_READ,
  PERSON_TABLES,
  type PersonTable,
} from '../../../src/adapters/postgres/people/person-tables.ts';
import { ownClient } from '../../../src/identity/client.ts';
import { createTestApp, type TestPerson } from '../../support/app.ts';

const EXPORT = `mutation { exportMyData { __typename
  ... on PersonalData { exportedAt data } ... on UserError { code } ... on RateLimitedError { retryAfterSeconds } } }`;

const exportOf = async (person: TestPerson) => (await person(EXPORT)).data.exportMyData;

/** They refer to an application that would have to be there. */
const NOT_PLANTED = new Set(['auth.oauth_consents', 'auth.oauth_authorizations']);

const accountOf = ({ id, email }: TestPerson) => ({
  id,
  email,
  phone: null,
  isAnonymous: false,
  appMetadata: {},
  userMetadata: {},
});

/** A row with a marker in each text, which says whether it should be shown. Answers those that should. */
async function plant(
  database: Database,
  { table, shown, key }: PersonTable,
  ada: TestPerson,
  factorId: string,
): Promise<string[]> {
  const columns = await database.query<{ name: string; type: string; is_required: boolean }>(
    `select attname as name, format_type(atttypid, null) as type, attnotnull as is_required
     from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attisdropped
       and attgenerated = '' and attidentity = ''`,
    [table],
  );
  const planted: string[] = [];
  const values = new Map<string, string>();
  for (const { name, type, is_required } of columns) {
    const isShown = words(shown).includes(name);
    const meant: Record<string, string> = {
      user_id: ada.id,
      session_id: ada.sessionId,
      factor_id: factorId,
      recipient: ada.email,
      purpose: 'email',
      challenge_type: 'signup',
      payload: JSON.stringify({ userId: ada.id, code: 'SECRET' }),
    };
    if (name in meant) values.set(name, `'${meant[name]}'`);
    else if (type === 'text' || type === 'character varying') {
      const marker = `${isShown ? 'SHOWN' : 'SECRET'}-${key}-${name}`;
      if (isShown) planted.push(marker);
      values.set(name, `'${marker}'`);
    } else if (is_required) values.set(name, ANY_VALUE[type] ?? `(enum_range(null::${type}))[1]`);
  }
  await database.query(`insert into ${table} (${[...values.keys()]}) values (${[...values.values()]})`);
  return planted;
}

const ANY_VALUE: Record<string, string> = {
  uuid: 'gen_random_uuid()',
  jsonb: `'{"key":"SHOWN"}'`,
  bytea: "'SECRET'",
  inet: "'127.0.0.1'",
  boolean: 'true',
  bigint: '1',
  integer: '1',
  'timestamp with time zone': 'now()',
  'timestamp without time zone': 'now()',
};

const words = (text: string) => text.split(/\s+/).filter(Boolean);

describe('the tables of the export', () => {
  test('are all that name a person, and of each every column is decided about', async () => {
    const app = await createTestApp();
    const columns = await app.database.query<{ table: string; columns: string[] }>(
      `select table_schema || '.' || table_name as table, array_agg(column_name::text order by column_name) as columns
       from information_schema.columns where table_schema in ('auth', 'limen') group by 1`,
    );
    const named = columns.filter(({ table, columns }) => columns.includes('user_id') && !NOT_READ[table]);
    const known = PERSON_TABLES.map(({ table }) => table);
    expect(named.map(({ table }) => table).filter((table) => !known.includes(table))).toEqual([]);
    for (const { table, shown, withheld } of PERSON_TABLES) {
      const there = columns.find((row) => row.table === table)?.columns;
      expect([...words(shown), ...words(withheld)].sort(), table).toEqual(there);
    }
  });

  test('show whatever is planted in a column that is shown, and nothing of what is planted in one that is withheld', async () => {
    const app = await createTestApp();
    const [ada, grace] = [await app.signUp('ada'), await app.signUp('grace')];
    const { database } = app;
    const [factor] = await database.query<{ id: string }>(
      `insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at, updated_at, secret)
       values (gen_random_uuid(), $1, 'SHOWN', 'totp', 'unverified', now(), now(), 'SECRET') returning id`,
      [ada.id],
    );
    const planted: string[] = [];
    for (const table of PERSON_TABLES) {
      if (table.table === 'auth.users' || NOT_PLANTED.has(table.table)) continue;
      planted.push(...(await plant(database, table, ada, factor!.id)));
    }
    const exporter = await openPersonExporter(database);
    const data = await exporter.read(accountOf(ada), ownClient('test'));
    const text = JSON.stringify(data);
    expect(text).not.toContain('SECRET');
    expect(planted.filter((marker) => !text.includes(marker))).toEqual([]);
    const empty = PERSON_TABLES.filter(({ key }) => (data[key] as unknown[]).length === 0);
    expect(empty.map(({ table }) => table)).toEqual([...NOT_PLANTED]);
    const others = JSON.stringify(await exporter.read(accountOf(grace), ownClient('test')));
    expect(others).not.toContain('SHOWN');
    expect(others).not.toContain(ada.email);
  });
});

describe('exportMyData', () => {
  test('shows the person’s profile, consents and metadata, and no hash of theirs', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    await ada(
      'mutation { completeOnboarding(input: { industry: "Engines", emailConsent: true }) { __typename } }',
    );
    const { data } = await exportOf(ada);
    expect(data.account.userMetadata).toMatchObject({ industry: 'Engines', email_consent: true });
    expect(data.consents).toMatchObject([{ purpose: 'email', granted: true }]);
    const actions = data.activity.map(
      ({ action, by }: { action: string; by: string }) => `${action} by ${by}`,
    );
    expect(actions).toContain('consent.given by self');
    expect(actions).not.toContain('user.data_exported by self');
    const { data: again } = await exportOf(ada);
    expect(again.activity[0]).toMatchObject({
      action: 'user.data_exported',
      by: 'self',
      address: '127.0.0.1',
    });
    expect(Object.keys(again.activity[0])).not.toContain('actor');
    const [row] = await app.database.query<{ encrypted_password: string }>(
      'select encrypted_password from auth.users where id = $1',
      [ada.id],
    );
    const text = JSON.stringify(data);
    for (const secret of [row!.encrypted_password, ada.refreshToken, ada.accessToken]) {
      expect(text).not.toContain(secret);
    }
    const grace = await app.signUp('grace');
    expect(await app.statementsDuring(() => exportOf(grace))).toHaveLength(3);
  });

  test('is counted by person', async () => {
    const app = await createTestApp({ env: { RATE_LIMITS: 'on' } });
    const [ada, grace] = [await app.signUp('ada'), await app.signUp('grace')];
    for (let count = 0; count < 10; count++) expect((await exportOf(ada)).__typename).toBe('PersonalData');
    expect(await exportOf(ada)).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterSeconds: expect.any(Number),
    });
    expect((await exportOf(grace)).__typename).toBe('PersonalData');
  });
});
