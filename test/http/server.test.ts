import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { listen } from '../../src/http/server.ts';
import { createTestHttpApp } from './http-test-app.ts';

const log = pino({ level: 'silent' });

async function start(options: Parameters<typeof createTestHttpApp>[0] = {}) {
  const http = createTestHttpApp(options);
  const server = await listen(http.app, { host: '127.0.0.1', port: 0, log });
  onTestFinished(() => server.close());
  return { ...http, server };
}

const ask = (url: string, query: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });

/** Writes bytes as they are, and answers everything that comes back until the end. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

test('answers on the port it says', async () => {
  const { server } = await start();
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  const response = await ask(server.url, '{ me { name } client }', { 'x-request-id': 'request-7' });
  const { data } = (await response.json()) as { data: { client: string } };
  expect(JSON.parse(data.client)).toMatchObject({ address: '127.0.0.1', requestId: 'request-7' });
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
});

test('says when the port is taken', async () => {
  const { app, server } = await start();
  await expect(listen(app, { host: '127.0.0.1', port: server.port, log })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});

test('a body that is too large gets its answer over the wire, declared or streamed', async () => {
  const { server } = await start();
  const body = JSON.stringify({ query: '{ me { id } }', variables: { a: 'x'.repeat(1024 * 1024) } });
  const headers = { 'content-type': 'application/json' };
  const declared = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body });
  expect(declared.status).toBe(413);
  expect(await declared.json()).toMatchObject({ errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] });
  const streamed = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers,
    body: new Blob([body]).stream(),
    // @ts-expect-error Node's fetch asks for it where a body is a stream; the DOM's types do not know it
    duplex: 'half',
  });
  expect(streamed.status).toBe(413);
});

test('headers of more than 16 KiB are refused', async () => {
  const { server } = await start();
  const response = await ask(server.url, '{ me { id } }', { 'x-padding': 'x'.repeat(17 * 1024) });
  expect(response.status).toBe(431);
});

test.each([
  'GET / HTTP/1.1\r\n\r\n',
  'POST /graphql HTTP/1.1\r\nHost: limen.test\r\nContent-Type: application/json\r\nContent-Length: nonsense\r\n\r\n{}',
  'GET /\\..\\etc HTTP/1.1\r\nHost: limen.test\r\nConnection: close\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: lim en.test@[\r\nConnection: close\r\n\r\n',
  'nonsense\r\n\r\n',
])('malformed HTTP is the fault of who sent it: %j', async (text) => {
  const { server } = await start();
  expect(await raw(server.port, text)).toMatch(/^HTTP\/1\.1 400 /);
});

test('a caller who hangs up in the middle of a body leaves nothing behind but a refused request', async () => {
  const { server, log: lines } = await start();
  const socket = connect(server.port, '127.0.0.1');
  socket.write(
    'POST /graphql HTTP/1.1\r\nHost: limen.test\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"query":',
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  await expect.poll(() => lines.map(({ msg, status }) => [msg, status])).toEqual([['request', 400]]);
});

test('closing lets a running request finish, then ends its kept connection, and accepts no new one', async () => {
  const { server, gate, executed } = await start();
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const running = new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const outgoing = request(
      `${server.url}/graphql`,
      { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode, text }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end('{"query":"{ slow }"}');
  });
  await expect.poll(() => executed).toEqual(['slow']);

  const closing = server.close();
  await expect(ask(server.url, '{ me { id } }')).rejects.toThrow();
  gate.open();
  expect(await running).toEqual({ status: 200, text: '{"data":{"slow":"done"}}' });
  await closing;
});

test('closing cuts off what still runs after nine seconds', async () => {
  const { server, executed } = await start();
  const running = ask(server.url, '{ slow }').catch((error: Error) => error);
  await expect.poll(() => executed).toEqual(['slow']);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const closing = server.close();
  vi.advanceTimersByTime(9000);
  await closing;
  expect(await running).toBeInstanceOf(Error);
});

test('closing ends idle connections at once', async () => {
  const { server } = await start();
  await (await ask(server.url, '{ me { id } }')).text();
  const startedAt = performance.now();
  await server.close();
  expect(performance.now() - startedAt).toBeLessThan(1000);
});

test('closing twice is closing once', async () => {
  const { server } = await start();
  await Promise.all([server.close(), server.close()]);
  await server.close();
});
