/** GraphiQL, whole in one page: it asks nothing of any other host, and its policy would not let it. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { GRAPHIQL_TOUR } from './graphiql-tour.ts';

interface Page {
  readonly compressed: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  readonly policy: string;
}

export interface GraphiQL {
  /** The page, for a browser that may have it already. */
  fetch(request: Request): Promise<Response>;
}

/** The page takes 9 MB and is made when the first browser asks. */
export function createGraphiQL(endpoint: string): GraphiQL {
  let page: Promise<Page> | undefined;
  return {
    async fetch({ headers: asked }) {
      page ??= createPage(endpoint);
      const { compressed, etag, policy } = await page;
      const headers = new Headers({
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': policy,
        'Cache-Control': 'private, no-cache',
        ETag: etag,
        Vary: 'Accept, Accept-Encoding',
      });
      if (asked.get('if-none-match') === etag) return new Response(null, { status: 304, headers });
      if (!asked.get('accept-encoding')?.includes('gzip')) {
        return new Response(await promisify(gunzip)(compressed), { headers });
      }
      headers.set('Content-Encoding', 'gzip');
      return new Response(compressed, { headers });
    },
  };
}

async function createPage(endpoint: string): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const html = renderGraphiQL({
    title: 'Limen GraphiQL',
    endpoint,
    defaultTabs: [{ query: GRAPHIQL_TOUR }],
    defaultEditorToolsVisibility: 'headers',
    // An access token does not belong in the browser's storage.
    shouldPersistHeaders: false,
  });
  const hash = createHash('sha256').update(html).digest('base64url');
  return {
    compressed: await promisify(gzip)(html),
    etag: `"${hash}"`,
    policy: contentSecurityPolicy(html),
  };
}

/** The page's one script by its hash, its workers from blobs, its fonts and pictures from itself; requests go to this host alone. */
function contentSecurityPolicy(html: string): string {
  const start = html.indexOf('<script>') + '<script>'.length;
  const script = html.slice(start, html.indexOf('</script>', start));
  const hash = createHash('sha256').update(script).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    'worker-src blob:',
    // The editor writes its colours as styles.
    "style-src 'unsafe-inline'",
    'font-src data:',
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
