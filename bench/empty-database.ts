/** What is measured on a database stays there: a million people, and an administrator whose password everybody can read here. */
import { openPostgres } from '../src/adapters/postgres/postgres.ts';

/** Null where nobody has ever put people there: there is neither a schema `auth` nor one of Limen's. */
export async function whyNotEmpty(url: string): Promise<string | null> {
  const database = await openPostgres({ url });
  try {
    const schemas = await database.query<{ name: string }>(
      "select nspname::text as name from pg_namespace where nspname in ('auth', 'limen') order by nspname",
    );
    if (schemas.length === 0) return null;
    return `DATABASE_URL names a database with a schema ${schemas.map(({ name }) => name).join(' and ')}: people may live in it. The benchmark leaves strangers there; give it a new database.`;
  } finally {
    await database.close();
  }
}
