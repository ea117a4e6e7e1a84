import { describe, expect, test } from 'vitest';
import { createTestHttpApp } from './http-test-app.ts';

const { send, graphql, executed, log } = createTestHttpApp();

const post = (body: BodyInit, contentType = 'application/json', headers: Record<string, string> = {}) =>
  send('/graphql', {
    method: 'POST',
    body,
    headers: { ...(contentType && { 'content-type': contentType }), ...headers },
    // @ts-expect-error Node's fetch asks for it where a body is a stream; the DOM's types do not know it
    duplex: 'half',
  });

const code = ({ body }: { body: { errors: { extensions: { code: string } }[] } }) =>
  body.errors[0]?.extensions.code;

describe('what is executed', () => {
  test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset=UTF-8'])(
    'JSON in a POST: %s',
    async (contentType) => {
      const { status, body } = await post('{"query":"mutation { rename(name: \\"Ada\\") }"}', contentType);
      expect([status, body]).toEqual([200, { data: { rename: 'renamed' } }]);
    },
  );

  test('a query in the address of a GET, with variables', async () => {
    const search = new URLSearchParams({
      query: 'query Echo($text: String) { echo(text: $text) } query Other { me { id } }',
      operationName: 'Echo',
      variables: '{"text":"hello"}',
    });
    const { status, body } = await send(`/graphql?${search}`);
    expect([status, body]).toEqual([200, { data: { echo: 'hello' } }]);
  });

  test('answers are not stored by anybody', async () => {
    expect((await graphql('{ me { id } }')).headers.get('cache-control')).toBe('no-store');
    expect((await graphql('{ nothing }')).headers.get('cache-control')).toBe('no-store');
  });

  test('the type of the answer is the one asked for', async () => {
    const type = async (accept: string) =>
      (await graphql('{ me { id } }', {}, { accept })).headers.get('content-type');
    expect(await type('application/json')).toBe('application/json; charset=utf-8');
    expect(await type('*/*')).toBe('application/json; charset=utf-8');
    expect(await type('application/graphql-response+json, application/json;q=0.9')).toBe(
      'application/graphql-response+json; charset=utf-8',
    );
    expect(await type('text/event-stream')).toBe('application/json; charset=utf-8');
  });
});

describe('what is refused', () => {
  const MUTATION = 'mutation { rename(name: "Ada") }';
  const form = new FormData();
  form.set('operations', JSON.stringify({ query: MUTATION }));

  test.each<[string, BodyInit, string]>([
    ['a form', new URLSearchParams({ query: MUTATION }), 'application/x-www-form-urlencoded'],
    ['application/graphql', MUTATION, 'application/graphql'],
    ['multipart', form, ''],
    ['plain text', JSON.stringify({ query: MUTATION }), 'text/plain'],
    ['a type that only begins like JSON', JSON.stringify({ query: MUTATION }), 'application/json-seq'],
  ])('%s is no JSON: 415, and nothing runs', async (_name, body, contentType) => {
    executed.length = 0;
    const answer = await post(body, contentType);
    expect([answer.status, code(answer)]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    expect(executed).toEqual([]);
  });

  test.each([
    ['nothing', ''],
    ['half a document', '{"query":"{ me'],
    ['a batch', '[{"query":"{ me { id } }"}]'],
    ['an empty batch', '[]'],
    ['null', 'null'],
    ['a number', '7'],
    ['a string', '"{ me { id } }"'],
    ['no query', '{}'],
    ['a null query', '{"query":null}'],
    ['a query that is a number', '{"query":7}'],
    ['a query that is a list', '{"query":["{ me { id } }"]}'],
    ['variables that are a list', '{"query":"{ me { id } }","variables":[]}'],
    ['variables that are a string', '{"query":"{ me { id } }","variables":"{}"}'],
    ['extensions that are a number', '{"query":"{ me { id } }","extensions":1}'],
    ['a parameter that nobody knows', '{"query":"{ me { id } }","doc_id":1}'],
  ])('%s in the body: 400', async (_name, body) => {
    const answer = await post(body);
    expect([answer.status, code(answer)]).toEqual([400, 'BAD_REQUEST']);
  });

  test.each(['application/json', 'application/graphql-response+json', '*/*'])(
    'an operation that cannot be executed is 4xx for those who accept %s',
    async (accept) => {
      const ask = (query: string, variables?: unknown) => graphql(query, variables, { accept });
      const answers = [
        await ask('{ me { '),
        await ask('{ nothing }'),
        await ask('query ($text: String!) { echo(text: $text) }'),
        await ask('query A { me { id } } query B { me { id } }'),
        await ask('subscription { me }'),
      ];
      expect(answers.map((answer) => [answer.status, code(answer)])).toEqual([
        [400, 'GRAPHQL_PARSE_FAILED'],
        [400, 'GRAPHQL_VALIDATION_FAILED'],
        [400, 'BAD_USER_INPUT'],
        [400, 'OPERATION_RESOLUTION_FAILURE'],
        [400, 'GRAPHQL_VALIDATION_FAILED'],
      ]);
      expect(answers.every(({ body }) => !('data' in body))).toBe(true);
    },
  );

  test('a mutation in the address of a GET: 405', async () => {
    executed.length = 0;
    const answer = await send(`/graphql?query=${encodeURIComponent(MUTATION)}`);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    expect(executed).toEqual([]);
  });

  test.each(['PUT', 'DELETE', 'PATCH'])('the method %s: 405', async (method) => {
    const answer = await send('/graphql', { method });
    expect([answer.status, code(answer)]).toEqual([405, 'BAD_REQUEST']);
  });

  test('variables of a GET that are no JSON: 400', async () => {
    const answer = await send(`/graphql?query={me{id}}&variables={oops`);
    expect([answer.status, code(answer)]).toEqual([400, 'BAD_REQUEST']);
  });

  test('JSON nested beyond reason is refused without walking all of it', async () => {
    const depth = 200_000;
    const answer = await post(
      `{"query":"{ me { id } }","variables":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`,
    );
    expect([answer.status, code(answer)]).toEqual([400, 'BAD_REQUEST']);
  });

  test('what could not be read is not repeated', async () => {
    log.length = 0;
    const answer = await post('{"query":"mutation { login }","variables":{"password":hunter2}}');
    expect(answer.text).not.toContain('hunter2');
    expect(JSON.stringify(log)).not.toContain('hunter2');
  });
});

describe('a body of more than 1 MiB', () => {
  const LIMIT = 1024 * 1024;
  const bodyOf = (bytes: number) => {
    const [head, tail] = ['{"query":"{ me { id } }","variables":{"a":"', '"}}'];
    return head + 'x'.repeat(bytes - head.length - tail.length) + tail;
  };

  const streamed = (bytes: number) => {
    const chunk = new TextEncoder().encode('x'.repeat(64 * 1024));
    let sent = 0;
    return new ReadableStream({
      pull(controller) {
        if (sent >= bytes) return controller.close();
        controller.enqueue(chunk);
        sent += chunk.byteLength;
      },
    });
  };

  test('is refused with 413 and a code; the last that fits is not', async () => {
    expect((await post(bodyOf(LIMIT))).status).toBe(200);
    const answer = await post(bodyOf(LIMIT + 1));
    expect([answer.status, code(answer)]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  test('is refused by what it declares, unread', async () => {
    const answer = await post('{}', 'application/json', { 'content-length': String(LIMIT + 1) });
    expect([answer.status, code(answer)]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  test('is refused while it streams, at the limit', async () => {
    const answer = await post(streamed(Number.POSITIVE_INFINITY));
    expect([answer.status, code(answer)]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });
});
