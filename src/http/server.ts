/** The socket. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import type { Logger } from 'pino';
import type { HttpApp } from './http-app.ts';

const SERVER_OPTIONS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Longer than the minute that load balancers keep theirs, so that it is never us who closes one they are about to use.
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5000,
};

const CLOSE_TIMEOUT_MS = 9000;
const IDLE_CHECK_MS = 50;

export interface ListenOptions {
  host: string;
  /** 0 takes any free one. */
  port: number;
  log: Logger;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** Stops accepting, lets running requests finish, and resolves within ten seconds whatever they do. */
  close(): Promise<void>;
}

/** @throws the system's error where the port is taken or not ours to take */
export async function listen(app: HttpApp, { host, port, log }: ListenOptions): Promise<RunningServer> {
  const server = createAdaptorServer({
    fetch: (request, env) => {
      const { remoteAddress = '0.0.0.0' } = (env as HttpBindings).incoming.socket;
      return app.fetch(request, { remoteAddress });
    },
    serverOptions: SERVER_OPTIONS,
    overrideGlobalObjects: false,
  }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', (error) => log.error({ error: error.message }, 'server failed'));

  const address = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    url: `http://${nameOf(host)}:${address.port}`,
    port: address.port,
    close: () => {
      closed ??= close(server, log);
      return closed;
    },
  };
}

function close(server: Server, log: Logger): Promise<void> {
  return new Promise((resolve) => {
    // A connection whose last request has just ended waits for another one that will not come.
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
    const limit = setTimeout(() => {
      log.warn('requests still running were cut off');
      server.closeAllConnections();
    }, CLOSE_TIMEOUT_MS);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(limit);
      resolve();
    });
  });
}

/** As it can be put into a browser: an IPv6 address in brackets, and for "every interface" this machine. */
function nameOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
