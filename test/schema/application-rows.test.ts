/** Rows of the application's own reference people, on whatever people live. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp({ keep: true });
  await app.database.query(
    'create table public.orders (customer uuid not null references auth.users (id) on delete cascade)',
  );
});
afterAll(async () => {
  await app.database.query('drop table public.orders');
  await app.close();
});

test('who is deleted takes the rows along that reference them, and who is deleted softly keeps them', async () => {
  const [ada, grace, edsger] = [
    await app.signUp('ada'),
    await app.signUp('grace'),
    await app.signUp('edsger'),
  ];
  const customers = [ada.id, grace.id, edsger.id];
  await app.database.query('insert into public.orders select unnest($1::uuid[])', [customers]);
  await app.admin.deleteUser(ada.id);
  await app.admin.deleteUser(grace.id, true);
  const left = await app.database.query<{ customer: string }>('select customer from public.orders');
  expect(left.map(({ customer }) => customer).sort()).toEqual([grace.id, edsger.id].sort());
});
