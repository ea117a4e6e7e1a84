/** A frontend on an origin of its own: an empty page whose client keeps its session in a cookie. `?limen=` says where. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

const ROOTS: Record<string, string> = {
  client: join(import.meta.dirname, '../../src/client'),
  graphql: dirname(createRequire(import.meta.url).resolve('graphql')),
};

const PAGE = `<!doctype html><title>A frontend</title>
<script type="importmap">{ "imports": { "graphql": "/graphql/index.mjs" } }</script>
<script type="module">
  import { createIdentityClient } from '/client/client.ts';
  const url = new URLSearchParams(location.search).get('limen');
  globalThis.identity = createIdentityClient({ url, session: 'cookie' });
</script>`;

/** The types go on their way, as a bundler would see to. */
export async function serveFrontend(): Promise<{ port: number; close(): void }> {
  const server = createServer((request, response) => {
    const [, room = '', ...path] = new URL(request.url ?? '/', 'http://frontend').pathname.split('/');
    const root = ROOTS[room];
    if (!root) return response.setHeader('Content-Type', 'text/html').end(PAGE);
    const source = readFileSync(join(root, ...path), 'utf8');
    response.setHeader('Content-Type', 'text/javascript');
    return response.end(room === 'client' ? stripTypeScriptTypes(source) : source);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.closeAllConnections() };
}
