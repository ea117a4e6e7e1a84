/** What counts as a GraphQL request: JSON in a POST, or a query in the address of a GET. Nothing else is executed. */
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { refusal } from './refusal.ts';

const MAX_BODY_BYTES = 1024 * 1024;

/** Deeper JSON would overflow the stack of whoever walks it; no operation needs it. */
const MAX_JSON_DEPTH = 64;

/** Takes the place of Yoga's parsers, which execute forms and multipart too and repeat what they cannot read. */
export function useStrictRequests(): Plugin {
  return {
    onRequestParse({ request, setRequestParser }) {
      if (request.method === 'GET') setRequestParser(readSearchParams);
      if (request.method === 'POST') setRequestParser(readJsonBody);
    },
  };
}

function readSearchParams(request: Request): GraphQLParams {
  const search = new URL(request.url).searchParams;
  const params: GraphQLParams = {};
  for (const name of ['query', 'operationName'] as const) {
    const text = search.get(name);
    if (text) params[name] = text;
  }
  for (const name of ['variables', 'extensions'] as const) {
    const text = search.get(name);
    if (text) params[name] = parseJson(text) as Record<string, unknown>;
  }
  return params;
}

async function readJsonBody(request: Request): Promise<GraphQLParams> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? '')) {
    throw refusal(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the operation as application/json.');
  }
  const params = parseJson(await readText(request));
  if (Array.isArray(params)) {
    throw refusal(400, 'BAD_REQUEST', 'Send one operation; batches are not supported.');
  }
  if (typeof params !== 'object' || params === null) {
    throw refusal(400, 'BAD_REQUEST', 'The body is not a JSON object.');
  }
  return params;
}

/** The parser's own words would repeat a piece of the text, and the piece may be a password. */
function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refusal(400, 'BAD_REQUEST', 'The request is not valid JSON.');
  }
  if (isDeeperThan(MAX_JSON_DEPTH, value)) {
    throw refusal(400, 'BAD_REQUEST', 'The JSON of the request is nested too deeply.');
  }
  return value;
}

function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === 0) return true;
  return Object.values(value).some((child) => isDeeperThan(depth - 1, child));
}

async function readText(request: Request): Promise<string> {
  const declared = request.headers.get('content-length');
  // Node's parser reads no more than was declared.
  if (declared !== null && Number(declared) <= MAX_BODY_BYTES) return request.text().catch(unreadable);
  if (declared !== null) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  for (;;) {
    const { done = true, value } = (await reader?.read().catch(unreadable)) ?? {};
    if (done || value === undefined) return new TextDecoder().decode(Buffer.concat(chunks));
    size += value.byteLength;
    if (size > MAX_BODY_BYTES) {
      await reader?.cancel();
      throw tooLarge();
    }
    chunks.push(value);
  }
}

const tooLarge = () => refusal(413, 'PAYLOAD_TOO_LARGE', 'The request is larger than 1 MiB.');

/** The caller hung up in the middle. */
const unreadable = (): never => {
  throw refusal(400, 'BAD_REQUEST', 'The request broke off.');
};
