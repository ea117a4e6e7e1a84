import { describe, expect, test } from 'vitest';
import { createTestHttpApp } from './http-test-app.ts';

const { graphql, log } = createTestHttpApp();

const LOGIN = 'mutation Login($input: LoginInput!) { login(input: $input) }';
const email = 'ada@example.com';

/** The messages, after making sure that the secret is neither in the answer nor in the log. */
async function complaints(query: string, variables?: unknown) {
  log.length = 0;
  const { status, text, body } = await graphql(query, variables);
  expect(status).toBe(400);
  for (const secret of ['hunter2', '31337']) {
    expect(text).not.toContain(secret);
    expect(JSON.stringify(log)).not.toContain(secret);
  }
  return body.errors.map(({ message }: { message: string }) => message);
}

describe('a bad value of a variable', () => {
  test.each<[string, unknown, string[]]>([
    [
      'a number for a string',
      { email, password: 31337 },
      ['Variable "$input.password" is not a value of type "String".'],
    ],
    [
      'an object for a string',
      { email, password: { is: 'hunter2' } },
      ['Variable "$input.password" is not a value of type "String".'],
    ],
    [
      'a list for a string',
      { email, password: ['hunter2'] },
      ['Variable "$input.password" is not a value of type "String".'],
    ],
    [
      'nothing for what is required',
      { email },
      ['Variable "$input.password" is required; it is of type "String!".'],
    ],
    [
      'null for what is required',
      { email, password: null },
      ['Variable "$input.password" is required; it is of type "String!".'],
    ],
    [
      'a field that is not there',
      { email, password: 'hunter2', user: 1 },
      ['Variable "$input" has a field "user" that type "LoginInput" does not have.'],
    ],
    [
      'a field of no name',
      { email, password: 'a', 'hunter2 is my password': 1 },
      ['Variable "$input" has an unknown field that type "LoginInput" does not have.'],
    ],
    ['a string for an object', 'hunter2', ['Variable "$input" is not an object of type "LoginInput".']],
    ['a list for an object', ['hunter2'], ['Variable "$input" is not an object of type "LoginInput".']],
    [
      'an item of a list',
      { email, password: 'a', tags: ['x', 31337] },
      ['Variable "$input.tags.1" is not a value of type "String".'],
    ],
    ['nothing at all', undefined, ['Variable "$input" is required; it is of type "LoginInput!".']],
    [
      'two at once',
      { email: 31337 },
      [
        'Variable "$input.email" is not a value of type "String".',
        'Variable "$input.password" is required; it is of type "String!".',
      ],
    ],
  ])('is named by its path and type, never repeated: %s', async (_name, input, messages) => {
    expect(await complaints(LOGIN, { input })).toEqual(messages);
  });

  test('of an enum does not list the names it might have meant', async () => {
    expect(await complaints('query ($mood: Mood) { echo(mood: $mood) }', { mood: 'hunter2' })).toEqual([
      'Variable "$mood" is not a value of type "Mood".',
    ]);
  });

  test('is told ten times at most', async () => {
    const tags = Array.from({ length: 500 }, () => 31337);
    expect(await complaints(LOGIN, { input: { email, password: 'a', tags } })).toHaveLength(10);
  });

  test('is not looked for any further then: half a million mistakes are answered like ten', async () => {
    const tags = Array.from({ length: 400_000 }, () => 0);
    const startedAt = performance.now();
    expect(await complaints(LOGIN, { input: { email, password: 'a', tags } })).toHaveLength(10);
    // It used to take seven seconds.
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  test('is an input error of the caller, with its code', async () => {
    const { body } = await graphql(LOGIN, { input: {} });
    expect(body.errors[0].extensions).toEqual({ code: 'BAD_USER_INPUT' });
  });

  test('defaults of fields and of variables stand in for what is not given', async () => {
    const query =
      'query ($filter: Filter = { limit: 1 }, $text: String! = "hello") { echo(text: $text, filter: $filter) }';
    expect((await graphql(query)).body.data).toEqual({ echo: 'hello' });
    expect((await graphql(query, { filter: { and: [{}] } })).body.data).toEqual({ echo: 'hello' });
  });
});

describe('a bad value in the operation itself', () => {
  test.each([
    ['{ login(input: { email: "a", password: 31337 }) }', 'Expected a value of type "String!".'],
    ['{ login(input: { email: "a", password: hunter2 }) }', 'Expected a value of type "String!".'],
    ['{ login(input: { email: "a", password: { is: "hunter2" } }) }', 'Expected a value of type "String!".'],
    ['{ login(input: { email: "a", password: ["hunter2"] }) }', 'Expected a value of type "String".'],
    ['{ login(input: "hunter2") }', 'Expected a value of type "LoginInput!".'],
    ['{ login(input: { email: "a", password: null }) }', 'Expected a value of type "String!".'],
    [
      '{ login(input: { email: "hunter2" }) }',
      'Field "LoginInput.password" of required type "String!" was not provided.',
    ],
    [
      '{ login(input: { email: "a", password: "hunter2", emial: "a" }) }',
      'Field "emial" is not defined by type "LoginInput". Did you mean "email"?',
    ],
  ])('is not repeated: %s', async (selection, message) => {
    expect(await complaints(`mutation ${selection}`)).toEqual([message]);
  });

  test('says where it is', async () => {
    const { body } = await graphql('mutation { login(input: { email: "a", password: 31337 }) }');
    expect(body.errors[0].locations).toEqual([{ line: 1, column: 49 }]);
  });
});

describe('a null where the type of the variable allows it and that of the argument does not', () => {
  test.each([
    ['mutation ($input: LoginInput = { email: "a", password: "hunter2" }) { login(input: $input) }', 'input'],
    ['mutation ($input: String = "a") { login(input: { email: $input, password: "hunter2" }) }', 'input'],
    ['query ($input: Boolean = true) { me @skip(if: $input) { id } }', 'if'],
  ])("is the caller's mistake: %s", async (query, argument) => {
    log.length = 0;
    const { text, body } = await graphql(query, { input: null });
    expect(body.data).toBeNull();
    expect(body.errors).toMatchObject([
      {
        message: `Argument "${argument}" was given no value of its type.`,
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ]);
    expect(text).not.toContain('hunter2');
    expect(log.map(({ msg }) => msg)).toEqual(['request']);
  });
});

describe('an operation that cannot be parsed', () => {
  test.each([
    ['mutation { login(input: { email: "a", "hunter2" }) }', 'Syntax Error: Expected Name, found String.'],
    ['mutation { login(input: { email: "a", password: "hunter2 }) }', 'Syntax Error: Unterminated string.'],
    ['mutation { login(input: { email: "a" 31337 }) }', 'Syntax Error: Expected Name, found Int.'],
    ['mutation { login(input: { email: "a" password hunter2 }) }', 'Syntax Error: Expected ":", found Name.'],
    ['mutation { login("""hunter2""") }', 'Syntax Error: Expected Name, found BlockString.'],
  ])('is answered without its words: %s', async (query, message) => {
    expect(await complaints(query)).toEqual([message]);
  });

  test('says where, and keeps the punctuation that was expected', async () => {
    const { body } = await graphql('{ me { id }');
    expect(body.errors).toEqual([
      {
        message: 'Syntax Error: Expected Name, found <EOF>.',
        locations: [{ line: 1, column: 12 }],
        extensions: { code: 'GRAPHQL_PARSE_FAILED' },
      },
    ]);
  });
});

test('a misspelt field is answered with the one that was meant, since the schema is published anyway', async () => {
  expect(await complaints('{ me { nam } }')).toEqual([
    'Cannot query field "nam" on type "User". Did you mean "name"?',
  ]);
});
