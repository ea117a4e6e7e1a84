import { createGraphQLError } from 'graphql-yoga';
import { expect, test } from 'vitest';
import { createTestHttpApp, SECRET_IN_ERROR } from './http-test-app.ts';

const errorsIn = (log: Record<string, unknown>[]) => log.filter(({ msg }) => msg === 'request failed');

test('an error that nobody meant for the caller is answered by a code and the id of the request', async () => {
  const { graphql } = createTestHttpApp();
  const { status, body } = await graphql('{ me { name } broken }', {}, { 'x-request-id': 'request-7' });
  expect([status, body]).toEqual([
    200,
    {
      errors: [
        {
          message: 'Internal server error',
          locations: [{ line: 1, column: 15 }],
          path: ['broken'],
          extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'request-7' },
        },
      ],
      data: { me: { name: 'Ada' }, broken: null },
    },
  ]);
});

test('it is logged with its stack and that id, and without the properties that a driver adds', async () => {
  const { graphql, log } = createTestHttpApp();
  await graphql('{ broken }', {}, { 'x-request-id': 'request-7' });
  const [line] = errorsIn(log) as { requestId: string; path: string[]; error: Record<string, string> }[];
  expect(line).toMatchObject({
    level: 50,
    requestId: 'request-7',
    path: ['broken'],
    error: { name: 'Error', message: 'The database fell over.' },
  });
  expect(line?.error.stack).toMatch(/^\s+at .*http-test-app/);
  expect(JSON.stringify(log)).not.toContain(SECRET_IN_ERROR);
});

test('it is logged once, however many fields it fails', async () => {
  const { graphql, log } = createTestHttpApp();
  const { body } = await graphql('{ brokenTwice }');
  expect(body.errors).toHaveLength(2);
  expect(errorsIn(log)).toHaveLength(1);
});

test("the engine's own errors while executing are masked, and their values not logged", async () => {
  const { graphql, log } = createTestHttpApp();
  const { text, body } = await graphql('{ brokenLeaf }');
  expect(body.errors[0].extensions.code).toBe('INTERNAL_SERVER_ERROR');
  expect(text + JSON.stringify(log)).not.toContain('hunter2');
  expect(errorsIn(log)).toMatchObject([{ error: { message: 'Int cannot represent non-integer value' } }]);
});

test('an error with a code is answered as it is, and not logged as a failure', async () => {
  const { graphql, log } = createTestHttpApp();
  const { status, body } = await graphql('{ refused }');
  expect(status).toBe(200);
  expect(body.errors).toMatchObject([
    { message: 'Not allowed.', path: ['refused'], extensions: { code: 'FORBIDDEN' } },
  ]);
  expect(errorsIn(log)).toEqual([]);
});

test('a refused token is 401 with the headers that the error brings, whatever is accepted', async () => {
  const { graphql, executed } = createTestHttpApp({
    createContext: async () => {
      throw createGraphQLError('The token is not valid.', {
        extensions: {
          code: 'UNAUTHENTICATED',
          http: { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } },
        },
      });
    },
  });
  for (const accept of ['application/json', 'application/graphql-response+json', '*/*']) {
    const { status, headers, body } = await graphql('{ slow }', {}, { accept });
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(body).toEqual({
      errors: [{ message: 'The token is not valid.', extensions: { code: 'UNAUTHENTICATED' } }],
    });
  }
  expect(executed).toEqual([]);
});

test.each([
  ['an error', new Error(SECRET_IN_ERROR)],
  ['a string', SECRET_IN_ERROR],
  [
    'an error that looks deliberate',
    Object.assign(new Error(SECRET_IN_ERROR), { extensions: { code: 'FORBIDDEN' } }),
  ],
  ['a timeout', new DOMException(SECRET_IN_ERROR, 'TimeoutError')],
])('%s while finding out who asks is masked, with status 500', async (_name, thrown) => {
  const { graphql } = createTestHttpApp({ createContext: () => Promise.reject(thrown) });
  const { status, body, text } = await graphql('{ me { id } }');
  expect([status, body.errors[0].extensions.code]).toEqual([500, 'INTERNAL_SERVER_ERROR']);
  expect(body.errors[0].extensions.requestId).toEqual(expect.any(String));
  expect(text).not.toContain('hunter2');
});
