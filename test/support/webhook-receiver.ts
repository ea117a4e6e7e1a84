/** A service that is told of things, as its developer writes it: an HTTP server that checks signatures with the Standard Webhooks library. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { onTestFinished } from 'vitest';

export interface ReceivedWebhook {
  path: string;
  id: string;
  headers: Record<string, string>;
  text: string;
  // Tests look into events of every shape.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  event: any;
}

/** An answer's status, or whatever it likes with the response itself. */
type Behaviour = (
  received: ReceivedWebhook,
  response: ServerResponse,
) => number | undefined | Promise<number>;

export async function startWebhookReceiver(behave: Behaviour = () => 204) {
  const received: ReceivedWebhook[] = [];
  const receiver = { behave };
  const server = createServer((request, response) => void receive(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  async function receive(request: IncomingMessage, response: ServerResponse) {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const headers = request.headers as Record<string, string>;
    const one = {
      path: request.url ?? '',
      id: headers['webhook-id'] ?? '',
      headers,
      text,
      event: text && JSON.parse(text),
    };
    received.push(one);
    const status = await receiver.behave(one, response);
    if (status !== undefined && !response.writableEnded) response.writeHead(status).end(`answer ${status}`);
  }

  async function stop() {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
  onTestFinished(stop);

  return {
    url: `http://127.0.0.1:${port}/limen`,
    port,
    received,
    types: () => received.map(({ event }) => event.type as string),
    behaves(next: Behaviour) {
      receiver.behave = next;
    },
    /** Nobody listens any more; `again` listens on the same port. */
    stop,
    async again() {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
  };
}

/** @throws when no signature is of this secret */
export const verify = ({ text, headers }: ReceivedWebhook, secret: string) =>
  new Webhook(secret).verify(text, headers);
