/** One signed request to a receiver, and the beginning of its answer. */
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { Webhook } from 'standardwebhooks';
import { type Receivers, RefusedReceiverError } from './receiver.ts';

export interface WebhookMessage {
  readonly url: string;
  readonly id: string;
  readonly body: string;
  readonly sentAt: Date;
  /** Each signs. */
  readonly secrets: readonly string[];
}

export interface WebhookAnswer {
  readonly status: number;
  /** The first kilobyte, as text that can be stored. */
  readonly body: string;
  /** What the receiver asks to be left alone for; null where it does not. */
  readonly retryAfterSeconds: number | null;
}

/** There was no answer. The message is for the operator: it names neither addresses nor what was sent. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

const TIMEOUT_MS = 10_000;
const MAX_BODY_BYTES = 1024;

/**
 * Redirects are answers like any other, and are not followed.
 * @throws {NoAnswerError}
 */
export async function sendWebhook(
  message: WebhookMessage,
  receivers: Receivers,
  timeoutMs = TIMEOUT_MS,
): Promise<WebhookAnswer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await responseTo(message, receivers, signal);
    const retryAfter = response.headers['retry-after'];
    return {
      status: response.statusCode ?? 0,
      body: await beginningOf(response),
      retryAfterSeconds: /^\d{1,9}$/.test(retryAfter ?? '') ? Number(retryAfter) : null,
    };
  } catch (error) {
    if (signal.aborted) throw new NoAnswerError(`no answer within ${timeoutMs} ms`);
    if (error instanceof RefusedReceiverError) throw new NoAnswerError(`refused: ${error.problem.code}`);
    const { code } = error as { code?: unknown };
    throw new NoAnswerError(`out of reach: ${typeof code === 'string' ? code : 'unknown'}`, { cause: error });
  }
}

function responseTo(
  { url: address, id, body, sentAt, secrets }: WebhookMessage,
  receivers: Receivers,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const url = new URL(address);
  const lookup = receivers.lookupFor(url);
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method: 'POST',
      // A connection of its own: one that is kept may be to an address that was judged for another URL.
      agent: false,
      lookup,
      signal,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'accept-encoding': 'identity',
        'user-agent': 'limen-webhooks/1',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
        'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, sentAt, body)).join(' '),
      },
    });
    request.on('response', resolve);
    request.on('error', reject);
    // After an answer that is none, such as an upgrade, nothing else tells.
    request.on('close', () => reject(new Error('The connection was closed.')));
    request.end(body);
  });
}

/** The status is the answer: a body that breaks off, or never ends, changes nothing of it. */
async function beginningOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size >= MAX_BODY_BYTES) break;
    }
  } catch {
    // What came is what is kept.
  }
  response.destroy();
  const text = Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString();
  // PostgreSQL stores no NUL, and the cut may have gone through a character.
  return text.replaceAll('\0', '').replace(/\ufffd$/, '');
}
