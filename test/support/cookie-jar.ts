/** A browser's navigation without the browser: follows redirects, keeps cookies by host, and sends forms. */

type Fetch = (request: Request) => Promise<Response>;

export interface Page {
  url: URL;
  status: number;
  text: string;
}

/**
 * @param servers what answers for an origin that nobody listens on
 * @param stopAt addresses that are not opened: where the application lives
 */
export function createBrowser(servers: Record<string, Fetch>, stopAt: (url: URL) => boolean) {
  const cookies = new Map<string, Map<string, string>>();

  async function send(url: URL, init: RequestInit): Promise<Response> {
    const jar = cookies.get(url.host) ?? new Map<string, string>();
    cookies.set(url.host, jar);
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set('cookie', [...jar].map((pair) => pair.join('=')).join('; '));
    const request = new Request(url, { ...init, headers, redirect: 'manual' });
    const response = await (servers[url.origin] ?? fetch)(request);
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';')[0]!.split(/=(.*)/s);
      const isOver = /max-age=0|expires=thu, 01 jan 1970/i.test(line) || value === '';
      if (isOver) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  /** Goes where a link leads, and on to wherever that redirects. */
  async function open(address: string | URL, init: RequestInit = {}): Promise<Page> {
    let url = new URL(address);
    let next: RequestInit = init;
    for (let hops = 0; hops < 20; hops += 1) {
      if (stopAt(url)) return { url, status: 0, text: '' };
      const response = await send(url, next);
      const location = response.headers.get('location');
      if (!location) return { url, status: response.status, text: await response.text() };
      await response.body?.cancel();
      url = new URL(location, url);
      next = {};
    }
    throw new Error('Redirected too often.');
  }

  const post = (address: string | URL, fields: Record<string, string>) =>
    open(address, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields),
    });

  return { open, post, cookies };
}

export type Browser = ReturnType<typeof createBrowser>;
