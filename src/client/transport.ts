/** GraphQL over HTTP: one operation, one POST. */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { type DocumentNode, Kind, type OperationDefinitionNode, print } from 'graphql';
import { LimenClientError } from './client-error.ts';

/** An answer of whatever kind; `dataOf` says whether it is a good one. */
export interface Answer {
  readonly status: number;
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;
  /** Null if it is not GraphQL's. */
  readonly body: GraphQLBody | null;
}

interface GraphQLBody {
  readonly data?: unknown;
  readonly errors?: readonly { message: string; extensions?: { code?: string; [name: string]: unknown } }[];
}

/** Without a token the operation runs as nobody. Rejects with `NETWORK_ERROR` only. */
export type Post = <Data, Variables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  accessToken: string | null,
) => Promise<Answer>;

/** A refresh holds up every other call, in every tab, so none may wait for ever. */
const TIMEOUT_MS = 30_000;

/** @param credentials `include` where the answer's cookies are to be kept, and sent, whatever origin the page is of */
export function createPost(
  url: string,
  fetch: typeof globalThis.fetch,
  credentials?: RequestCredentials,
): Post {
  return async (document, variables, accessToken) => {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          accept: 'application/graphql-response+json, application/json',
          'content-type': 'application/json',
          ...(accessToken !== null && { authorization: `Bearer ${accessToken}` }),
        },
        body: JSON.stringify({ query: textOf(document), variables }),
        ...(credentials && { credentials }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const retryAfter = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
      return {
        status: response.status,
        requestId: response.headers.get('x-request-id'),
        retryAfterSeconds: Number.isNaN(retryAfter) ? null : retryAfter,
        body: parseBody(await response.text()),
      };
    } catch (cause) {
      throw new LimenClientError('NETWORK_ERROR', `${nameOf(document)}: no answer.`, { cause });
    }
  };
}

/** Whether the access token was refused before anything was done: only then is it safe to send the operation again. */
export function isTokenRefused({ status, body }: Answer): boolean {
  if (status === 401) return true;
  return (
    body?.data === undefined &&
    body?.errors?.some(({ extensions }) => extensions?.code === 'UNAUTHENTICATED') === true
  );
}

/** @throws {LimenClientError} for anything but data without errors */
export function dataOf<Data>(document: TypedDocumentNode<Data, never>, answer: Answer): Data {
  const { body, ...details } = answer;
  const [error] = body?.errors ?? [];
  if (error) {
    const { code = 'INTERNAL_SERVER_ERROR', ...extensions } = error.extensions ?? {};
    throw new LimenClientError(code, messageOf(document, code, error.message), { ...details, extensions });
  }
  if (body?.data == null) {
    const code = details.status === 401 ? 'UNAUTHENTICATED' : 'INVALID_ANSWER';
    throw new LimenClientError(code, `${nameOf(document)}: HTTP ${details.status}, not GraphQL.`, details);
  }
  return body.data as Data;
}

/** Servers quote a bad variable in their message, and a mutation's may be a password: only a query's messages are passed on. */
function messageOf(document: DocumentNode, code: string, message: string): string {
  return `${nameOf(document)}: ${operationOf(document)?.operation === 'query' ? message : code}`;
}

const nameOf = (document: DocumentNode) => operationOf(document)?.name?.value ?? 'GraphQL';

const operationOf = ({ definitions }: DocumentNode) =>
  definitions.find(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  );

function parseBody(text: string): GraphQLBody | null {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as GraphQLBody) : null;
  } catch {
    return null;
  }
}

const texts = new WeakMap<DocumentNode, string>();

function textOf(document: DocumentNode): string {
  const text = texts.get(document) ?? print(document);
  texts.set(document, text);
  return text;
}
