/** The real application on a real socket, and clients that note what they send. */
import { onTestFinished } from 'vitest';
import {
  createIdentityClient,
  type IdentityClientOptions,
  type SessionEvent,
} from '../../src/client/client.ts';
import { listen, type RunningServer } from '../../src/http/server.ts';
import { createLog } from '../../src/log.ts';
import { createTestApp, PASSWORD, type TestAppOptions } from '../support/app.ts';

export async function createClientTestApp(options: TestAppOptions = {}) {
  const app = await createTestApp(options);
  const log = createLog('silent');
  let server: RunningServer = await listen(app.app, { host: '127.0.0.1', port: 0, log });
  onTestFinished(() => server.close());
  const { port } = server;
  const url = `${server.url}/graphql`;

  /** Nobody is signed in yet. */
  function client(options: Partial<IdentityClientOptions> = {}) {
    const sent: string[] = [];
    const events: SessionEvent[] = [];
    const client = createIdentityClient({
      url,
      fetch: async (input, init) => {
        const request = new Request(input, init);
        sent.push(nameOf(await request.clone().text()));
        return fetch(request);
      },
      onSessionChange: (event) => events.push(event),
      ...options,
    });
    return Object.assign(client, {
      /** The names of the operations, in the order they were sent. */
      sent,
      events,
      /** How often an operation was sent. */
      count: (operation: string) => sent.filter((name) => name === operation).length,
    });
  }

  return {
    ...app,
    url,
    client,
    async signedIn(name: string, options: Partial<IdentityClientOptions> = {}) {
      const { email } = await app.signUp(name);
      const signedIn = client(options);
      await signedIn.login({ email, password: PASSWORD });
      signedIn.sent.length = 0;
      signedIn.events.length = 0;
      return signedIn;
    },
    /** Nothing answers at the address until `comeBack`. */
    goAway: () => server.close(),
    async comeBack() {
      server = await listen(app.app, { host: '127.0.0.1', port, log });
    },
  };
}

const nameOf = (body: string) => /^(?:query|mutation) (\w+)/.exec(JSON.parse(body).query)?.[1] ?? 'unnamed';
