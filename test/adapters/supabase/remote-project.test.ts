import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { call } from '../../../src/adapters/supabase/call.ts';
import { remoteProject } from '../../../src/adapters/supabase/remote-project.ts';
import { newClient } from '../../../src/identity/client.ts';
import { ServiceUnavailableError } from '../../../src/identity/errors.ts';

const CLIENT = newClient({ address: '192.0.2.7', userAgent: 'Mozilla/5.0', requestId: 'request-1' });

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const signIn = (url: string, secretKey: string) =>
  call(
    remoteProject({ url, publicUrl: url, publishableKey: 'public', secretKey, timeoutMs: 2000 }),
    CLIENT,
    {},
    (auth) => auth.signInWithPassword({ email: 'ada@example.com', password: 'a secret' }),
  );

test('takes neither the secret key nor the password to an address that a redirect names', async () => {
  let stolen = 0;
  const elsewhere = await serve((_request, response) => {
    stolen += 1;
    response.end('{}');
  });
  const url = await serve((_request, response) => response.writeHead(307, { location: elsewhere }).end());
  await expect(signIn(url, 'sb_secret_x')).rejects.toBeInstanceOf(ServiceUnavailableError);
  expect(stolen).toBe(0);
});

test.each([
  [
    'an opaque secret key, as both key and bearer, which the gateway exchanges',
    'sb_secret_x',
    'Bearer sb_secret_x',
    'limen',
  ],
  [
    'a legacy key as the key alone, and as bearer the public one',
    'legacy.jwt.key',
    'Bearer public',
    CLIENT.userAgent,
  ],
])(
  'sends %s; with the client’s address, and its user agent where the key allows it',
  async (_what, secretKey, bearer, userAgent) => {
    let headers: Record<string, unknown> = {};
    const url = await serve((request, response) => {
      headers = request.headers;
      response
        .writeHead(400, { 'content-type': 'application/json' })
        .end('{"error_code":"invalid_credentials"}');
    });
    await signIn(url, secretKey);
    expect(headers).toMatchObject({
      apikey: secretKey,
      authorization: bearer,
      'sb-forwarded-for': CLIENT.address,
      'x-request-id': CLIENT.requestId,
      'user-agent': userAgent,
    });
  },
);
