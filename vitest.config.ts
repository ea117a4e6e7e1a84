import { defineConfig } from 'vitest/config';

/**
 * The whole suite runs on PGlite. What speaks GraphQL runs again with a second Limen as its Supabase, over HTTP, and on a PostgreSQL
 * server where TEST_DATABASE_URL names one.
 */
const GRAPHQL_SUITES = ['test/schema/**/*.test.ts'];

// Vite would take the `module` field of graphql for our own imports, and Node takes `main` for everybody else's: two copies.
const resolve = { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] };

const project = (name: string, include: string[]) => ({
  resolve,
  test: {
    name,
    include,
    env: { LIMEN_TEST_MODE: name },
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});

export default defineConfig({
  test: {
    projects: [
      project('pglite', ['test/**/*.test.ts']),
      project('supabase', GRAPHQL_SUITES),
      ...(process.env.TEST_DATABASE_URL ? [project('postgres', GRAPHQL_SUITES)] : []),
    ],
    maxWorkers: 3,
    isolate: false,
  },
});
