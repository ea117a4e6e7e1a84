/** As much of a browser as a session in a cookie needs: a jar, and pages of one origin that share it. */

export interface CookieJar {
  /** As it would be sent; null when there is none. */
  cookie: string | null;
}

/** The `fetch` of a page. Cookies come and go with `credentials: 'include'` only, as on a page of another origin. */
export function fetchFrom(origin: string, jar: CookieJar): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    request.headers.set('origin', origin);
    const hasCookies = request.credentials === 'include';
    if (hasCookies && jar.cookie) request.headers.set('cookie', jar.cookie);
    const response = await fetch(request);
    const [set] = response.headers.getSetCookie();
    if (hasCookies && set) jar.cookie = set.includes('Max-Age=0') ? null : set.split(';')[0]!;
    return response;
  };
}
