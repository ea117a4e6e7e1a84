/** What arrives on the socket, and where it goes. In process, `fetch` is the same without a port. */
import type { GraphQLSchema } from 'graphql';
import { shouldRenderGraphiQL } from 'graphql-yoga';
import { Hono } from 'hono';
import { requestId } from 'hono/request-id';
import type { Logger } from 'pino';
import type { AuthServer } from '../auth-server/auth-server.ts';
import type { ContextInput } from '../context.ts';
import { newClient } from '../identity/client.ts';
import { serveAuth, serveJwks } from './auth-endpoint.ts';
import { createClientAddressReader } from './client-address.ts';
import { allowOrigins } from './cors.ts';
import { type DevMailbox, serveDevMail } from './dev-mail/dev-mail.ts';
import { describeError } from './graphql/error-masking.ts';
import { createGraphiQL } from './graphql/graphiql.ts';
import { createGraphQLEndpoint } from './graphql/graphql-endpoint.ts';
import { createReadiness, type ReadinessChecks } from './health.ts';
import type { HttpEnv } from './http-env.ts';
import { logRequests } from './request-log.ts';
import { securityHeaders } from './security-headers.ts';
import { createSessionCookies, type SessionCookieSettings } from './session-cookie.ts';
import { type SupabaseWebhookNeeds, serveSupabaseWebhook } from './supabase-webhook.ts';

export interface HttpSettings {
  /** `*` means any. */
  corsOrigins: readonly string[];
  /** Addresses and ranges whose `X-Forwarded-For` is believed; empty: nobody's. */
  trustProxy: readonly string[];
  graphiql: boolean;
  /** Where the outside reaches this Limen. */
  externalUrl: string;
  sessionCookie: SessionCookieSettings;
  production: boolean;
}

export interface HttpNeeds {
  schema: GraphQLSchema;
  /** Who is asking. Throws GraphQL errors: a bad token is `UNAUTHENTICATED` with `extensions.http.status` 401. */
  createContext(input: ContextInput): Promise<object>;
  /** Null in Supabase mode. */
  authServer: AuthServer | null;
  /** What development would have sent; null in production. */
  mailbox: DevMailbox | null;
  /** What Supabase tells of; null where it is not asked to. */
  supabaseWebhook: SupabaseWebhookNeeds | null;
  /** What must answer before traffic may come. */
  readiness: ReadinessChecks;
  settings: HttpSettings;
  log: Logger;
}

export interface HttpApp {
  /** Without a socket the caller is this machine. */
  fetch(request: Request, socket?: { remoteAddress: string }): Promise<Response>;
  /** From now on `/ready` says no, so that no new traffic is sent here, and streams end, so that their listeners go elsewhere. */
  beginShutdown(): void;
}

const GRAPHQL_PATH = '/graphql';
const MAX_REQUEST_ID_CHARACTERS = 64;
const MAX_USER_AGENT_CHARACTERS = 512;

export function createHttpApp(needs: HttpNeeds): HttpApp {
  const { settings, authServer, log } = needs;
  const app = new Hono<HttpEnv>();
  const addressOf = createClientAddressReader(settings.trustProxy);
  const graphql = createGraphQLEndpoint(needs);
  const graphiql = settings.graphiql ? createGraphiQL(GRAPHQL_PATH) : null;
  const sessionCookieOf = createSessionCookies(settings);
  const readiness = createReadiness(needs.readiness, log);
  const stopping = new AbortController();

  app.use(requestId({ limitLength: MAX_REQUEST_ID_CHARACTERS }));
  app.use(async (context, next) => {
    const address = addressOf(context.env.remoteAddress, context.req.header('x-forwarded-for') ?? null);
    const userAgent = context.req.header('user-agent')?.slice(0, MAX_USER_AGENT_CHARACTERS) ?? null;
    context.set('client', newClient({ address, userAgent, requestId: context.get('requestId') }));
    await next();
    // Hono drops what was set before a handler that answers with a response of its own.
    context.header('X-Request-Id', context.get('requestId'));
  });
  app.use(logRequests(log));
  app.use(securityHeaders(settings.production));
  // Before other pages are let in: this is for nobody's page but its own.
  if (needs.mailbox) app.route('/dev', serveDevMail(needs.mailbox));
  app.use(allowOrigins(settings.corsOrigins));

  app.all(GRAPHQL_PATH, async (context) => {
    const request = context.req.raw;
    if (graphiql && shouldRenderGraphiQL(request)) return graphiql.fetch(request);
    const summary = {};
    context.set('summary', summary);
    const sessionCookie = sessionCookieOf(request.headers);
    const response = await graphql(request, { client: context.get('client'), sessionCookie, summary });
    if (sessionCookie.setCookie !== null) response.headers.append('Set-Cookie', sessionCookie.setCookie);
    return untilAborted(response, stopping.signal);
  });
  app.get('/health', (context) => context.json({ status: 'ok' }));
  app.get('/ready', async (context) => {
    if (stopping.signal.aborted) return context.json({ status: 'stopping' }, 503);
    const { isReady, checks } = await readiness();
    return context.json({ status: isReady ? 'ready' : 'unavailable', checks }, isReady ? 200 : 503);
  });
  if (authServer) {
    app.all('/auth/v1/*', (context) => serveAuth(authServer, context));
    app.get('/.well-known/jwks.json', (context) => serveJwks(authServer, context));
  }
  if (needs.supabaseWebhook) app.route('/webhooks/supabase', serveSupabaseWebhook(needs.supabaseWebhook));
  app.get('/', (context) => {
    if (graphiql && shouldRenderGraphiQL(context.req.raw)) return context.redirect(GRAPHQL_PATH);
    return context.json({ name: 'limen', graphql: GRAPHQL_PATH, health: '/health', ready: '/ready' });
  });
  app.notFound((context) => context.json({ code: 'NOT_FOUND', message: 'There is nothing here.' }, 404));
  app.onError((error, context) => {
    const id = context.get('requestId');
    log.error({ requestId: id, error: describeError(error) }, 'request failed');
    return context.json(
      { code: 'INTERNAL_SERVER_ERROR', message: 'Internal server error', requestId: id },
      500,
    );
  });

  return {
    fetch: async (request, socket = { remoteAddress: '127.0.0.1' }) => app.fetch(request, socket),
    beginShutdown() {
      stopping.abort();
    },
  };
}

/** A stream ends when the client goes, and here too; any other answer is left alone. */
function untilAborted(response: Response, signal: AbortSignal): Response {
  if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream'))
    return response;
  return new Response(response.body.pipeThrough(new TransformStream(), { signal }), response);
}
