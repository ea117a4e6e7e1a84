import { expect, test } from 'vitest';
import { createTestHttpApp } from './http-test-app.ts';

test('a request is one line: what, how it ended, how long it took', async () => {
  const { graphql, log } = createTestHttpApp();
  await graphql('query WhoAmI { me { id } }');
  expect(log).toEqual([
    {
      level: 30,
      time: expect.any(Number),
      requestId: expect.any(String),
      method: 'POST',
      path: '/graphql',
      operation: 'WhoAmI',
      fields: ['me'],
      outcomes: [],
      status: 200,
      durationMs: expect.any(Number),
      msg: 'request',
    },
  ]);
});

test('neither bodies nor variables, tokens or the query of the address are in it', async () => {
  const { graphql, send, log } = createTestHttpApp();
  const input = { email: 'ada@example.com', password: 'hunter2' };
  await graphql(
    'mutation ($input: LoginInput!) { login(input: $input) }',
    { input },
    { authorization: 'Bearer hunter2' },
  );
  await graphql(`mutation { login(input: { email: "ada@example.com", password: "hunter2" }) }`);
  await send('/graphql?query={echo(text:"hunter2")}');
  await send('/auth/v1/verify?token=hunter2&email=ada@example.com');
  expect(log).toHaveLength(4);
  expect(JSON.stringify(log)).not.toMatch(/hunter2|ada@example/);
});

test('what came of an operation is in it by name, and a value that borrows such a name is not', async () => {
  const { graphql, log } = createTestHttpApp();
  await graphql('{ me { __typename } }');
  await graphql('{ me { code: name } refused }');
  expect(log.map(({ fields, outcomes }) => [fields, outcomes])).toEqual([
    [['me'], ['User']],
    [['me', 'refused'], ['FORBIDDEN']],
  ]);
});

test('fields of a long name take a short line too, since the schema has none', async () => {
  const { graphql, log } = createTestHttpApp();
  await graphql(`{ ${'x'.repeat(10_000)} }`);
  expect(JSON.stringify(log.at(-1)).length).toBeLessThan(500);
});

test('probes are not worth a line at the usual level', async () => {
  const { send, log } = createTestHttpApp();
  await send('/health');
  await send('/ready');
  expect(log.map(({ level }) => level)).toEqual([20, 20]);
});

test('a path or a name of any length takes a short line', async () => {
  const { graphql, send, log } = createTestHttpApp();
  await send(`/${'x'.repeat(10_000)}`);
  await graphql(`query ${'x'.repeat(10_000)} { me { id } }`);
  expect(log.map((line) => JSON.stringify(line).length < 500)).toEqual([true, true]);
});
