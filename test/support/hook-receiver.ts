/** A hook as an operator writes one: an HTTP server that checks signatures with the Standard Webhooks library. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { onTestFinished } from 'vitest';

export interface ReceivedCall {
  path: string;
  id: string;
  // Tests look into payloads of every shape.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  payload: any;
}

/** What a receiver does with a call: an answer to send as JSON, or whatever it likes with the response itself. */
type Behaviour = (call: ReceivedCall, response: ServerResponse) => unknown;

export const newHookSecret = () => `whsec_${randomBytes(32).toString('base64')}`;

/** @param port the one to listen on; any, if none is named */
export async function startHookReceiver(
  behave: Behaviour = () => ({}),
  { secret = newHookSecret(), port = 0 } = {},
) {
  const calls: ReceivedCall[] = [];
  const unsigned: string[] = [];
  const receiver = { behave };
  const server = createServer((request, response) => void receive(request, response));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;

  async function receive(request: IncomingMessage, response: ServerResponse) {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const path = request.url ?? '';
    try {
      new Webhook(secret).verify(body, request.headers as Record<string, string>);
    } catch {
      unsigned.push(path);
      response.writeHead(401).end();
      return;
    }
    const call = { path, id: String(request.headers['webhook-id']), payload: JSON.parse(body) };
    calls.push(call);
    const answer = await receiver.behave(call, response);
    if (response.writableEnded || answer === undefined) return;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }

  async function stop() {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
  onTestFinished(stop);

  return {
    url,
    secret,
    /** As configuration names it, without the `v1,`. */
    target: { kind: 'http' as const, url, secrets: [secret] },
    calls,
    /** Paths of what came without a good signature. */
    unsigned,
    /** From now on it does this instead. */
    behaves(next: Behaviour) {
      receiver.behave = next;
    },
    stop,
  };
}

export const answering =
  (status: number, headers: Record<string, string> = {}, body = ''): Behaviour =>
  (_call, response) =>
    void response.writeHead(status, headers).end(body);
