import type { MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';
import type { HttpEnv } from './http-env.ts';

const MAX_PATH_CHARACTERS = 200;

/** Asked every few seconds, by whoever watches the process and by the page of the mailbox. */
const PROBES = new Set(['/health', '/ready', '/dev/mail.json']);

/** One line for each request. The query of the address is left out: the links of mails carry tokens there. */
export function logRequests(log: Logger): MiddlewareHandler<HttpEnv> {
  return async (context, next) => {
    const startedAt = performance.now();
    await next();
    const { method, path } = context.req;
    const { operation, ...summary } = context.get('summary') ?? {};
    log[PROBES.has(path) ? 'debug' : 'info'](
      {
        requestId: context.get('requestId'),
        method,
        path: path.slice(0, MAX_PATH_CHARACTERS),
        ...(operation && { operation: operation.slice(0, MAX_PATH_CHARACTERS) }),
        ...summary,
        status: context.res.status,
        durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
      },
      'request',
    );
  };
}
