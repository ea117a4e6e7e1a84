/** How a list is paged. */
import { expect, test } from 'vitest';
import { decodeCursor, type PageArguments } from '../src/identity/page.ts';
import { resolvePage } from '../src/schema/connection.ts';

const ROWS = Array.from({ length: 45 }, (_, index) => index);

async function page(args: PageArguments) {
  const { edges, pageInfo } = await resolvePage(
    args,
    (row: number) => [row],
    async ({ after, before, limit, inverted }) => {
      const [low] = after === undefined ? [-1] : decodeCursor(after, 1);
      const [high] = before === undefined ? [ROWS.length] : decodeCursor(before, 1, 'before');
      const between = ROWS.filter((row) => row > Number(low) && row < Number(high));
      return (inverted ? between.reverse() : between).slice(0, limit);
    },
  );
  return { rows: edges.map(({ node }) => node), ...pageInfo };
}

test('a list is walked forwards and back, each row once', async () => {
  const first = await page({});
  expect(first).toMatchObject({ rows: ROWS.slice(0, 20), hasNextPage: true, hasPreviousPage: false });
  const second = await page({ first: 20, after: first.endCursor });
  expect(second.rows).toEqual(ROWS.slice(20, 40));
  const third = await page({ first: 20, after: second.endCursor });
  expect(third).toMatchObject({ rows: ROWS.slice(40), hasNextPage: false });
  const back = await page({ last: 20, before: third.startCursor });
  expect(back.rows).toEqual(second.rows);
  expect((await page({ last: 3 })).rows).toEqual([42, 43, 44]);
});

const cursor = (keyset: unknown) => Buffer.from(JSON.stringify(keyset)).toString('base64url');

test.each<PageArguments>([
  { first: 0 },
  { first: 101 },
  { last: -1 },
  { first: 1, last: 1 },
  { after: '' },
  { after: 'x' },
  { after: cursor(['a\0']) },
  { before: cursor([1, 2]) },
])('%j is no page, and says so', async (args) => {
  await expect(page(args)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
});
