import { getIntrospectionQuery } from 'graphql';
import { describe, expect, test } from 'vitest';
import { createTestHttpApp } from './http-test-app.ts';

const { graphql, executed } = createTestHttpApp();

const CREDENTIAL = '(input: { email: "ada@example.com", password: "x" })';

const limitOf = async (query: string, variables?: unknown) => {
  const { status, body } = await graphql(query, variables);
  const [error] = body.errors ?? [];
  if (status !== 400 || error?.extensions.code !== 'QUERY_TOO_COMPLEX')
    return { status, errors: body.errors };
  expect(error.message).not.toMatch(/\d/);
  return error.extensions.limit;
};

const nested = (levels: number) =>
  `{ me { ${'friends(first: 1) { '.repeat(levels)} id ${'} '.repeat(levels)} } }`;

const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

describe('limits of a document', () => {
  test('more tokens than the limit are refused before they are parsed', async () => {
    expect(await limitOf(`{ ${times(2000, () => 'me')} }`)).toBe('tokens');
  });

  test('comments and long strings are not tokens of their own', async () => {
    const { body } = await graphql(`# ${'word '.repeat(5000)}\n{ echo(text: "${'word '.repeat(5000)}") }`);
    expect(body.data.echo).toHaveLength(25_000);
  });

  test('twenty directives pass, one more does not', async () => {
    expect(await limitOf(`{ me { ${times(20, (n) => `id${n}: id @skip(if: true)`)} } }`)).toBe('aliases');
    expect(await limitOf(`{ me { id ${times(20, () => '... @skip(if: true) { id }')} } }`)).toEqual({
      status: 200,
    });
    expect(await limitOf(`{ me { id ${times(21, () => '... @skip(if: true) { id }')} } }`)).toBe(
      'directives',
    );
  });

  test('twelve levels of fields pass, one more does not', async () => {
    expect(await limitOf(nested(10))).toEqual({ status: 200 });
    expect(await limitOf(nested(11))).toBe('depth');
  });

  test('levels are counted through fragments', async () => {
    const fragment = `fragment Deep on User { ${'friends(first: 1) { '.repeat(10)} id ${'} '.repeat(10)} }`;
    expect(await limitOf(`{ me { ...Deep } } ${fragment}`)).toEqual({ status: 200 });
    expect(await limitOf(`{ me { friends(first: 1) { ...Deep } } } ${fragment}`)).toBe('depth');
  });

  test('fifteen aliases pass, one more does not, and __typename is no exception', async () => {
    expect(await limitOf(`{ ${times(15, (n) => `a${n}: me { id }`)} }`)).toEqual({ status: 200 });
    expect(await limitOf(`{ ${times(16, (n) => `a${n}: me { id }`)} }`)).toBe('aliases');
    expect(await limitOf(`{ ${times(16, (n) => `a${n}: __typename`)} }`)).toBe('aliases');
  });

  test('aliases in a fragment count wherever it is spread', async () => {
    const fragment = `fragment Names on User { ${times(8, (n) => `a${n}: name`)} }`;
    expect(await limitOf(`{ me { ...Names friends { ...Names } } } ${fragment}`)).toBe('aliases');
  });

  test('fragments that spread themselves are refused', async () => {
    const { status, body } = await graphql(
      '{ me { ...A } } fragment A on User { ...B } fragment B on User { friends { ...A } }',
    );
    expect(status).toBe(400);
    expect(body.errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  test('a fragment that is never spread is measured too, since validation walks it', async () => {
    const unused = Array.from(
      { length: 12 },
      (_, index) => `fragment F${index} on User { ...F${index + 1} ...F${index + 1} }`,
    );
    const document = `{ me { id } } ${unused.join(' ')} fragment F12 on User { id }`;
    expect(await limitOf(document)).toBe('cost');
  });

  test('a document that validation would compare for long is answered soon', async () => {
    const startedAt = performance.now();
    await limitOf(`{ ${times(30, () => `me { ${times(30, () => 'id')} }`)} }`);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});

describe('the chained fragments that kill an unprotected server', () => {
  const CHAIN = `{ me { ...F0 } } ${times(30, (n) => `fragment F${n} on User { ...F${n + 1} ...F${n + 1} }`)}
    fragment F30 on User { id }`;
  const NESTED_CHAIN = `{ me { ...F0 } } ${times(30, (n) => `fragment F${n} on User { a: friends { ...F${n + 1} } b: friends { ...F${n + 1} } }`)}
    fragment F30 on User { id }`;

  test.each([CHAIN, NESTED_CHAIN])(
    'are refused in less than 50 ms, and the process goes on',
    async (query) => {
      await graphql('{ __typename }');
      const startedAt = performance.now();
      const { status, body } = await graphql(query);
      expect(performance.now() - startedAt).toBeLessThan(50);
      expect(status).toBe(400);
      expect(body.errors[0].extensions.code).toBe('QUERY_TOO_COMPLEX');
      expect((await graphql('{ me { name } }')).body.data.me.name).toBe('Ada');
    },
  );
});

describe('cost', () => {
  test('the size of a list multiplies what is below it', async () => {
    expect(await limitOf('{ people(first: 100) { id name } }')).toEqual({ status: 200 });
    expect(await limitOf('{ people(first: 5000) { id name } }')).toBe('cost');
    expect(await limitOf('{ people(last: 5000) { id name } }')).toBe('cost');
  });

  test('sizes of nested lists multiply each other', async () => {
    expect(await limitOf('{ people(first: 20) { friends(first: 20) { id } } }')).toEqual({ status: 200 });
    expect(await limitOf('{ people(first: 80) { friends(first: 80) { id } } }')).toBe('cost');
  });

  test('a size that the schema sets holds where none is given', async () => {
    expect(await limitOf('{ people { friends(first: 148) { id } } }')).toEqual({ status: 200 });
    expect(await limitOf('{ people { friends(first: 149) { id } } }')).toBe('cost');
  });

  test('a list without any size counts as the page it is answered with', async () => {
    expect(await limitOf('{ me { friends { friends { id } } } }')).toEqual({ status: 200 });
    expect(await limitOf('{ me { friends { friends { friends { id } } } } }')).toBe('cost');
  });

  test('a size in a variable counts in each request, whatever the same document asked before', async () => {
    const query = 'query ($first: Int) { people(first: $first) { id name } }';
    expect(await limitOf(query, { first: 10 })).toEqual({ status: 200 });
    expect(await limitOf(query, { first: 5000 })).toBe('cost');
    expect(await limitOf(query, { first: 10 })).toEqual({ status: 200 });
  });

  test("a variable's default counts where none is given", async () => {
    expect(await limitOf('query ($first: Int = 5000) { people(first: $first) { id } }')).toBe('cost');
    expect(
      await limitOf('query ($first: Int = 5000) { people(first: $first) { id } }', { first: 1 }),
    ).toEqual({
      status: 200,
    });
  });

  test('a negative size does not make anything cheaper', async () => {
    expect(await limitOf('{ a: people(first: -5000) { id } people(first: 5000) { id } }')).toBe('cost');
  });
});

describe('credentials', () => {
  const refused = [
    `mutation { a: login${CREDENTIAL} b: login${CREDENTIAL} }`,
    `mutation { login${CREDENTIAL} signup${CREDENTIAL} }`,
    `mutation { login${CREDENTIAL} ...More } fragment More on Mutation { b: login${CREDENTIAL} }`,
    `mutation { login${CREDENTIAL} ... on Mutation { ... { b: login${CREDENTIAL} } } }`,
    `mutation { a: login${CREDENTIAL} @skip(if: true) b: login${CREDENTIAL} }`,
    `mutation ($no: Boolean = false) { a: login${CREDENTIAL} @include(if: $no) b: login${CREDENTIAL} }`,
    `mutation { ...One ...Two } fragment One on Mutation { a: login${CREDENTIAL} } fragment Two on Mutation { b: login${CREDENTIAL} }`,
  ];

  test.each(refused)('two in one operation are refused before either is tried: %s', async (query) => {
    executed.length = 0;
    expect(await limitOf(query)).toBe('credentials');
    expect(executed).toEqual([]);
  });

  test('one is taken, with other fields beside it', async () => {
    executed.length = 0;
    expect(await limitOf(`mutation { login${CREDENTIAL} rename(name: "Ada") }`)).toEqual({ status: 200 });
    expect(executed).toEqual(['login', 'rename']);
  });

  test('a document may hold several operations, each with one: only one of them runs', async () => {
    const query = `mutation In { login${CREDENTIAL} } mutation Up { signup${CREDENTIAL} }`;
    const { status, body } = await createTestHttpApp().send('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, operationName: 'Up' }),
    });
    expect([status, body.data]).toEqual([200, { signup: 'up' }]);
  });
});

describe('introspection', () => {
  test('the standard query passes, with everything that can be asked', async () => {
    const query = getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    expect(await limitOf(query)).toEqual({ status: 200 });
  });

  test('it is answered once in a request', async () => {
    expect(await limitOf('{ __schema { types { name } } a: __schema { types { name } } }')).toBe(
      'introspections',
    );
    expect(await limitOf('{ __schema { types { name } } __type(name: "User") { name } }')).toBe(
      'introspections',
    );
  });

  test('it cannot wander from types to fields to types', async () => {
    const { status, body } = await graphql(
      '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }',
    );
    expect([status, body.errors[0].extensions.code]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
    expect(
      await limitOf(`{ __schema { queryType { ${'ofType { '.repeat(16)} name ${'} '.repeat(16)} } } }`),
    ).toBe('introspectionDepth');
  });
});
