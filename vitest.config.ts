import { defineConfig } from 'vitest/config';

/**
 * The whole suite runs on PGlite. What speaks GraphQL runs again with a second Limen as its Supabase, over HTTP, and on a PostgreSQL
 * server where TEST_DATABASE_URL names one.
 */
const GRAPHQL_SUITES = ['test/schema/**/*.test.ts'];

/** What is otherwise on Supabase where its database is at hand. */
const SUITES_OF_ROWS = [
  'test/schema/live.test.ts',
  'test/schema/administration/user*.test.ts',
  'test/schema/own-account/{account-deletion,onboarding,person-export}.test.ts',
  'test/schema/sessions/own-sessions.test.ts',
  // Two processes share a database only where it is a server's.
  ...(process.env.TEST_DATABASE_URL ? ['test/schema/flows.test.ts'] : []),
];

// Vite would take the `module` field of graphql for our own imports, and Node takes `main` for everybody else's: two copies.
const resolve = { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] };

const project = (name: string, include: string[], env: Record<string, string> = {}) => ({
  resolve,
  test: {
    name,
    include,
    env: { LIMEN_TEST_MODE: name, LIMEN_TEST_SHARED: 'off', ...env },
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // As long as what is waited for may take on a machine that does much else.
    expect: { poll: { timeout: 10_000 } },
  },
});

export default defineConfig({
  test: {
    projects: [
      project('pglite', ['test/**/*.test.ts']),
      project('supabase', GRAPHQL_SUITES),
      project('supabase-database', SUITES_OF_ROWS, { LIMEN_TEST_MODE: 'supabase', LIMEN_TEST_SHARED: 'on' }),
      ...(process.env.TEST_DATABASE_URL ? [project('postgres', GRAPHQL_SUITES)] : []),
    ],
    maxWorkers: 3,
    isolate: false,
  },
});
