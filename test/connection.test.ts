/** How a list is paged, on a field of a schema made here. */
import { graphql } from 'graphql';
import { expect, test } from 'vitest';
import type { Context } from '../src/context.ts';
import { decodeCursor } from '../src/identity/page.ts';
import { ANONYMOUS } from '../src/identity/viewer.ts';
import { builder } from '../src/schema/builder.ts';
import { resolvePage } from '../src/schema/connection.ts';

const ROWS = Array.from({ length: 45 }, (_, index) => index);
const RowRef = builder.objectRef<{ number: number }>('Row').implement({
  fields: (t) => ({ number: t.exposeInt('number') }),
});
builder.queryField('rows', (t) =>
  t.connection({
    type: RowRef,
    skipTypeScopes: true,
    resolve: (_root, args) =>
      resolvePage(
        args,
        ({ number }: { number: number }) => [number],
        async ({ after, before, limit, inverted }) => {
          const [low] = after === undefined ? [-1] : decodeCursor(after, 1);
          const [high] = before === undefined ? [ROWS.length] : decodeCursor(before, 1, 'before');
          const between = ROWS.filter((number) => number > Number(low) && number < Number(high));
          return (inverted ? between.reverse() : between).slice(0, limit).map((number) => ({ number }));
        },
      ),
  }),
);
builder.mutationField('nothing', (t) => t.string({ resolve: () => 'done' }));
builder.subscriptionField('never', (t) =>
  t.string({ subscribe: async function* () {}, resolve: () => 'heard' }),
);
const schema = builder.toSchema();

async function page(args: string) {
  const source = `{ rows${args} { nodes { number } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
  const { data, errors } = await graphql({ schema, source, contextValue: { viewer: ANONYMOUS } as Context });
  const rows = data?.rows as { nodes: { number: number }[]; pageInfo: Record<string, unknown> } | undefined;
  return {
    numbers: rows?.nodes.map(({ number }) => number),
    info: rows?.pageInfo,
    error: errors?.[0]?.originalError,
  };
}

test('a list is walked forwards and back, each row once', async () => {
  const first = await page('');
  expect(first.numbers).toEqual(ROWS.slice(0, 20));
  expect(first.info).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
  const second = await page(`(first: 20, after: "${first.info?.endCursor}")`);
  expect(second.numbers).toEqual(ROWS.slice(20, 40));
  const third = await page(`(first: 20, after: "${second.info?.endCursor}")`);
  expect(third.numbers).toEqual(ROWS.slice(40));
  expect(third.info).toMatchObject({ hasNextPage: false });
  const back = await page(`(last: 20, before: "${third.info?.startCursor}")`);
  expect(back.numbers).toEqual(second.numbers);
  expect((await page('(last: 3)')).numbers).toEqual([42, 43, 44]);
});

test.each([
  '(first: 0)',
  '(first: 101)',
  '(last: -1)',
  '(first: 1, last: 1)',
  '(after: "")',
  '(after: "x")',
  `(after: "${Buffer.from('["a\\u0000"]').toString('base64url')}")`,
  `(before: "${Buffer.from('[1,2]').toString('base64url')}")`,
])('%s is no page, and says so', async (args) => {
  expect((await page(args)).error).toMatchObject({ code: 'VALIDATION_FAILED' });
});
