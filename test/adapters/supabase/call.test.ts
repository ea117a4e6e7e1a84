import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { call } from '../../../src/adapters/supabase/call.ts';
import { newClient } from '../../../src/identity/client.ts';
import { ServiceUnavailableError } from '../../../src/identity/errors.ts';

const CLIENT = newClient({ address: '127.0.0.1', userAgent: null, requestId: 'test' });

async function upstream(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer(answer as never);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const project = (url: string) => ({
  url,
  publicUrl: url,
  publishableKey: 'key',
  timeoutMs: 200,
  send: (request: Request) => fetch(request),
});

describe('a Supabase that does not answer', () => {
  test.each([
    ['hangs', () => {}],
    [
      'answers 503',
      (_request: unknown, response: import('node:http').ServerResponse) => response.writeHead(503).end('{}'),
    ],
    ['hangs up', (request: import('node:http').IncomingMessage) => request.socket.destroy()],
  ])('makes one attempt and a typed, retryable error when it %s', async (_how, answer) => {
    let attempts = 0;
    const url = await upstream((request, response) => {
      attempts += 1;
      answer(request as never, response as never);
    });
    const refresh = call(project(url), CLIENT, {}, (auth) =>
      auth.refreshSession({ refresh_token: 'abcdefghijkl' }),
    );
    await expect(refresh).rejects.toBeInstanceOf(ServiceUnavailableError);
    expect(attempts).toBe(1);
  });
});
