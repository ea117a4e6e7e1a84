import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';

/** For answers that are data: nothing in them may load, run or be framed. GraphiQL's page brings a policy of its own. */
export function securityHeaders(production: boolean): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: 'DENY',
    referrerPolicy: 'no-referrer',
    // Elsewhere it would stick to `localhost`, for every port of it.
    strictTransportSecurity: production && 'max-age=31536000',
    overwrite: false,
  });
}
