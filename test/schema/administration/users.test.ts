import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type GraphQLAnswer, SEES_ROWS, type TestApp } from '../../support/app.ts';

const USERS = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: UserFilterInput, $search: String, $orderBy: UserOrderInput) {
  users(first: $first, after: $after, last: $last, before: $before, filter: $filter, search: $search, orderBy: $orderBy) {
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

const PEOPLE = 45;
const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** In Supabase mode nothing but the admin API lists people. */

describe('users', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await createTestApp({ keep: true });
    // Three at each moment, so that the ids decide.
    await app.database.query(
      `insert into auth.users (instance_id, id, aud, role, email, phone, raw_app_meta_data, raw_user_meta_data, created_at, updated_at,
         last_sign_in_at, email_confirmed_at, banned_until, is_anonymous, deleted_at, confirmation_token, recovery_token,
         email_change_token_new, email_change)
       select '00000000-0000-0000-0000-000000000000', ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'authenticated',
         'authenticated', case when n = 44 then null else 'p' || n || '@example.com' end, case when n < 10 then '4179555001' || n end,
         case when n = 1 then '{"role": "editor"}' when n = 2 then '{"roles": ["editor", "author"], "tier": "pro", "plan": {"name": "big"}}' else '{}' end::jsonb,
         case when n = 3 then '{"display_name": "Ada Lovelace", "onboarding_completed": true}' when n = 4 then '{"full_name": "Jean-Luc O''Brien", "tags": ["a", "b"]}' else '{}' end::jsonb,
         timestamptz '2020-01-01' + (n / 3) * interval '1 microsecond', '2020-01-01',
         case when n % 2 = 0 then timestamptz '2021-01-01' + (n / 4) * interval '1 day' end,
         case when n <> 5 then timestamptz '2020-01-01' end, case when n = 6 then timestamptz '2999-01-01' when n = 7 then timestamptz '2000-01-01' end,
         n = 8, case when n = 9 then timestamptz '2020-02-02' end, '', '', '', ''
       from generate_series(1, ${PEOPLE}) as n`,
    );
  });
  afterAll(() => app.close());

  const ask = (variables: object, query = USERS) =>
    app.graphql(query, variables as Record<string, unknown>, { token: app.serviceKey });
  const numbers = ({ data, errors }: GraphQLAnswer): number[] | string =>
    data?.users.edges.map(({ node }: { node: { id: string } }) => Number(node.id.slice(-12))) ??
    errors?.[0].extensions.code;

  /** In pages of seven, until there are no more. */
  async function walk(variables: object, backwards = false) {
    const found: number[] = [];
    let cursor: string | null = null;
    for (;;) {
      const page: GraphQLAnswer = await ask({
        ...variables,
        ...(backwards ? { last: 7, before: cursor } : { first: 7, after: cursor }),
      });
      expect(page.errors).toBeUndefined();
      const { pageInfo } = page.data.users;
      const rows = numbers(page) as number[];
      if (backwards) found.unshift(...rows);
      else found.push(...rows);
      if (!(backwards ? pageInfo.hasPreviousPage : pageInfo.hasNextPage)) return found;
      cursor = backwards ? pageInfo.startCursor : pageInfo.endCursor;
    }
  }

  const present = Array.from({ length: PEOPLE }, (_, index) => index + 1).filter((number) => number !== 9);

  test('are walked from the newest to the oldest, each once and nobody who is deleted', async () => {
    const found = await walk({});
    expect([...found].sort((a, b) => a - b)).toEqual(present);
    expect(found.map((number) => Math.floor(number / 3))).toEqual(
      [...present].map((number) => Math.floor(number / 3)).sort((a, b) => b - a),
    );
  });

  test.runIf(SEES_ROWS)('are walked in each order, both ways, and those alike by id', async () => {
    const signedIn = (number: number) => (number % 2 === 0 ? Math.floor(number / 4) : -1);
    const email = (number: number) => (number === 44 ? '' : `p${number}@example.com`);
    const orders = {
      CREATED_AT: (a: number, b: number) => a - b,
      LAST_SIGN_IN_AT: (a: number, b: number) => signedIn(a) - signedIn(b) || a - b,
      EMAIL: (a: number, b: number) => (email(a) < email(b) ? -1 : 1),
    };
    for (const [field, compare] of Object.entries(orders)) {
      const ascending = [...present].sort(compare);
      expect(await walk({ orderBy: { field, direction: 'ASC' } }), field).toEqual(ascending);
      expect(await walk({ orderBy: { field, direction: 'DESC' } }), field).toEqual(ascending.toReversed());
      expect(await walk({ orderBy: { field, direction: 'ASC' } }, true), field).toEqual(ascending);
      expect(await walk({ orderBy: { field, direction: 'DESC' } }, true), field).toEqual(
        ascending.toReversed(),
      );
    }
  });

  const EVERYBODY = present.length;
  test.runIf(SEES_ROWS).each<[object, number[] | number]>([
    [{}, EVERYBODY],
    [{ ids: [id(1), id(9), id(3), 'nobody'] }, [1, 3]],
    [{ ids: [] }, []],
    [{ email: ' P1@Example.com ' }, [1]],
    [{ emailPrefix: 'p1' }, [1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]],
    [{ emailPrefix: '%' }, []],
    [{ phone: '+41 79 555 00 13' }, [3]],
    [{ phonePrefix: '+41' }, [1, 2, 3, 4, 5, 6, 7, 8]],
    [{ namePrefix: 'lov ad' }, [3]],
    [{ namePrefix: "jean-l o'b" }, [4]],
    [{ namePrefix: 'p1' }, []],
    [{ namePrefix: ' ' }, EVERYBODY],
    [{ role: 'editor' }, [1, 2]],
    [{ role: 'author' }, [2]],
    [{ role: 'edit' }, []],
    [{ tier: 'pro' }, [2]],
    [{ onboardingCompleted: true }, [3]],
    [{ onboardingCompleted: false }, EVERYBODY - 1],
    [{ confirmed: false }, [5]],
    [{ confirmed: true }, EVERYBODY - 1],
    [{ banned: true }, [6]],
    [{ banned: false }, EVERYBODY - 1],
    [{ anonymous: true }, [8]],
    [{ anonymous: false }, EVERYBODY - 1],
    [{ createdAt: { to: '2020-01-01T00:00:00.001Z' } }, EVERYBODY],
    [{ createdAt: { from: '2020-01-01T00:00:00.001Z' } }, []],
    [{ lastSignInAt: { from: '2021-01-01T00:00:00Z', to: '2021-01-02T00:00:00Z' } }, [2]],
    [{ lastSignInAt: { to: '2021-01-02T00:00:00Z' } }, [2]],
    [{ appMetadata: { plan: { name: 'big' } } }, [2]],
    [{ userMetadata: { tags: ['b'] } }, [4]],
    [{ role: 'editor', tier: 'pro', confirmed: true }, [2]],
  ])('are filtered by %j', async (filter, expected) => {
    const answer = await ask({ first: 100, filter, orderBy: { field: 'CREATED_AT', direction: 'ASC' } });
    const found = numbers(answer);
    expect(typeof expected === 'number' ? found.length : found).toEqual(expected);
  });

  test.runIf(SEES_ROWS).each<[string, number[]]>([
    ['ada', [3]],
    ['love ADA', [3]],
    ['lovelase', [3]],
    ['p3@ex', [3]],
    ['+41 79', []],
    ['+4179555001-3', [3]],
    ["o'brien", [4]],
    ["' | 'p", []],
    ['\\', []],
    ['  ', present],
  ])('are searched for by %j', async (search, expected) => {
    const answer = await ask({ first: 100, search, orderBy: { field: 'CREATED_AT', direction: 'ASC' } });
    expect(numbers(answer)).toEqual(expected);
  });

  test('say what they are to an operator, in one statement a page', async () => {
    const statements = await app.statementsDuring(async () => {
      const { data } = await ask(
        {},
        '{ users(first: 50) { edges { node { id createdAt bannedUntil emailVerified appMetadata factors { id } identities { provider } } } } }',
      );
      const found = data.users.edges.find(({ node }: { node: { id: string } }) => node.id === id(6)).node;
      expect(found).toMatchObject({
        createdAt: '2020-01-01T00:00:00.000Z',
        bannedUntil: '2999-01-01T00:00:00.000Z',
        emailVerified: true,
        appMetadata: {},
        factors: [],
        identities: [],
      });
    });
    if (SEES_ROWS) expect(statements).toHaveLength(1);
  });

  test.runIf(SEES_ROWS)('are counted by one statement more, exactly, and by another about', async () => {
    const statements = await app.statementsDuring(async () => {
      const { data } = await ask(
        { filter: { role: 'editor' } },
        'query ($filter: UserFilterInput) { users(first: 1, filter: $filter) { totalCount edges { node { id } } } }',
      );
      expect(data.users.totalCount).toBe(2);
    });
    expect(statements).toHaveLength(2);
    const { data } = await ask({}, '{ users(first: 1) { estimatedCount } }');
    expect(data.users.estimatedCount).toBeGreaterThan(0);
  });

  test.runIf(SEES_ROWS)('tell everything that is wrong with what is asked', async () => {
    const { data } = await ask({ first: 1, orderBy: { field: 'EMAIL', direction: 'ASC' } });
    const cursor = data.users.pageInfo.endCursor;
    const forged = (keyset: unknown) => Buffer.from(JSON.stringify(keyset)).toString('base64url');
    const wrong: [object, string[][]][] = [
      [{ first: 101 }, [['first']]],
      [{ after: 'x' }, [['after']]],
      [{ after: cursor }, [['after']]],
      [{ before: cursor, last: 1 }, [['before']]],
      [{ after: forged([1e300, id(1)]) }, [['after']]],
      [{ after: forged([0.5, id(1)]) }, [['after']]],
      [{ after: forged([0, "' or true"]) }, [['after']]],
      [{ after: forged(['\ud800', id(1)]), orderBy: { field: 'EMAIL', direction: 'ASC' } }, [['after']]],
      [{ search: 'a\0' }, [['search']]],
      [{ search: 'x'.repeat(256) }, [['search']]],
      [{ search: 'x '.repeat(11) }, [['search']]],
      [
        { filter: { role: '\0', tier: '\0' } },
        [
          ['filter', 'role'],
          ['filter', 'tier'],
        ],
      ],
      [{ filter: { ids: Array.from({ length: 101 }, () => id(1)) } }, [['filter', 'ids']]],
      [{ filter: { appMetadata: { a: '\0' } } }, [['filter', 'appMetadata']]],
      [{ filter: { createdAt: { from: '0000-01-01T00:00:00Z' } } }, [['filter', 'createdAt', 'from']]],
      [
        { filter: { createdAt: { from: '2020-01-02T00:00:00Z', to: '2020-01-01T00:00:00Z' } } },
        [['filter', 'createdAt', 'to']],
      ],
    ];
    for (const [variables, paths] of wrong) {
      const { errors } = await ask(variables);
      expect(errors?.[0].extensions.code, JSON.stringify(variables)).toBe('VALIDATION_FAILED');
      expect(errors?.[0].extensions.issues.map(({ path }: { path: string[] }) => path)).toEqual(paths);
    }
    const far = await ask({ after: forged([7e15, id(1)]) });
    expect(numbers(far)).toHaveLength(20);
    for (const page of [{}, { after: forged([-7e15, id(1)]) }]) {
      const { data } = await ask({ ...page, filter: { emailPrefix: 'nobody-is-called-so' } });
      expect(data.users.pageInfo).toMatchObject({ hasNextPage: false, startCursor: null, endCursor: null });
    }
  });

  test.runIf(!SEES_ROWS)('say what cannot be asked of Supabase without its database', async () => {
    const lacking: [object, string][] = [
      [{ search: 'ada' }, 'USER_SEARCH'],
      [{ filter: { role: 'admin' } }, 'USER_FILTERS'],
      [{ orderBy: { field: 'EMAIL', direction: 'ASC' } }, 'USER_ORDER'],
      [{ last: 3 }, 'USERS_BACKWARDS'],
    ];
    for (const [variables, missing] of lacking) {
      const { errors } = await ask(variables);
      expect(errors?.[0].extensions).toEqual({ code: 'NOT_SUPPORTED', missing });
    }
    const { data } = await ask({}, '{ users { totalCount estimatedCount } }');
    expect(data.users).toEqual({ totalCount: null, estimatedCount: PEOPLE });
  });

  test('are for those who hold users:read, and app_metadata is besides for its person', async () => {
    const other = await createTestApp();
    const ada = await other.signUp('ada');
    const reader = await other.signUpWith('reader', { permissions: ['users:read'] });
    const denied = await ada('{ users { edges { node { id } } } }');
    expect(denied.errors?.[0]).toMatchObject({
      message: 'Not allowed: it takes the permission users:read.',
      extensions: { code: 'FORBIDDEN', permission: 'users:read' },
    });
    expect((await reader('{ users { edges { node { id } } } }')).data.users.edges).toHaveLength(2);
    expect((await ada('{ me { appMetadata } }')).errors).toBeUndefined();
    expect((await reader('{ users { nodes: edges { node { appMetadata } } } }')).errors).toBeUndefined();
  });
});
