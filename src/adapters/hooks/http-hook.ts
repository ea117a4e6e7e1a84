/** Asks a hook over HTTP, signed as Standard Webhooks has it. */
import { setTimeout as pause } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import type { Clock } from '../../identity/clock.ts';
import type { JsonObject } from '../../identity/json.ts';
import { HookFailure, type HookMessage, type HookTarget } from './hook.ts';
import { answerIn, refusalIn } from './hook-answer.ts';

type HttpTarget = Extract<HookTarget, { kind: 'http' }>;

// The protocol's numbers. The time is for all tries together, and for reading the answer.
const TIMEOUT_MS = 5000;
const MAX_TRIES = 3;
const MAX_ANSWER_BYTES = 200 * 1024;
/** Before a hook is tried again that could not be reached. */
const PAUSE_MS = 500;

/** A try that may be repeated, and after how long. */
interface Again {
  afterMs: number;
  failure: HookFailure;
}

/** @throws {HookRefusal} @throws {HookFailure} */
export async function callByHttp(
  target: HttpTarget,
  message: HookMessage,
  clock: Clock,
): Promise<JsonObject> {
  const endsAt = performance.now() + TIMEOUT_MS;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  for (let count = 1; ; count++) {
    const outcome = await tryOnce(target, message, clock, signal);
    if ('answer' in outcome) return outcome.answer;
    const { afterMs, failure } = outcome;
    // What would begin after the time is over need not be waited for.
    if (count === MAX_TRIES || performance.now() + afterMs >= endsAt) throw failure;
    await pause(afterMs);
  }
}

async function tryOnce(
  { url, secrets }: HttpTarget,
  { id, body }: HookMessage,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ answer: JsonObject } | Again> {
  const sentAt = clock();
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      signal,
      // What is sent holds codes and tokens: it goes where the configuration says and nowhere else.
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'accept-encoding': 'identity',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
        'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, sentAt, body)).join(' '),
      },
    });
    return await outcomeOf(response);
  } catch (error) {
    if (signal.aborted) throw new HookFailure('hook_timeout', `no answer within ${TIMEOUT_MS} ms`);
    // What `fetch` throws when nobody is there, or the connection breaks.
    if (!(error instanceof TypeError)) throw error;
    return {
      afterMs: PAUSE_MS,
      failure: new HookFailure('hook_timeout_after_retry', `out of reach: ${causeOf(error)}`),
    };
  }
}

/** @throws {HookRefusal} @throws {HookFailure} */
async function outcomeOf(response: Response): Promise<{ answer: JsonObject } | Again> {
  const { status } = response;
  if (status === 429 || status === 503) {
    await response.body?.cancel();
    const afterMs = retryAfterOf(response);
    const failure = new HookFailure('unusable', `status ${status}`);
    if (afterMs === null) throw failure;
    return { afterMs, failure };
  }
  const isGood = status === 200 || status === 202 || status === 204;
  if (!isGood && (status < 400 || status >= 500)) {
    await response.body?.cancel();
    throw new HookFailure('unusable', `status ${status}`);
  }
  const text = await readAnswer(response);
  if (!isGood) {
    // A hook may say no by its status as well, as Supabase's guides do.
    const refusal = isJson(response) && refusalIn(parse(text));
    if (refusal) throw refusal;
    throw new HookFailure('unusable', `status ${status}`);
  }
  if (text === '') return { answer: {} };
  if (!isJson(response)) {
    throw new HookFailure('hook_payload_invalid_content_type', 'the answer is not application/json');
  }
  return { answer: answerIn(parse(text)) };
}

/** Counts what arrives: a `Content-Length` may be missing, or wrong. */
async function readAnswer(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) {
      throw new HookFailure('hook_payload_over_size_limit', `more than ${MAX_ANSWER_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function isJson(response: Response): boolean {
  const mediaType = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  return mediaType === 'application/json';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** In milliseconds; null where the hook does not ask to be tried again. */
function retryAfterOf(response: Response): number | null {
  const text = response.headers.get('retry-after')?.trim();
  if (!text) return null;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : Math.max(0, time - Date.now());
}

/** `ECONNREFUSED` and the like. The message of the error itself would name the address, and an address may hold a secret. */
function causeOf(error: TypeError): string {
  return (error.cause as { code?: string } | undefined)?.code ?? 'unknown';
}
