/** `/graphql`: Yoga as the engine, with our own idea of what a request is, how much it may ask for and what an error tells. */
import { type DocumentNode, type GraphQLSchema, getOperationAST, Kind } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { ContextInput } from '../../context.ts';
import type { GraphQLCall } from './graphql-call.ts';
import { useQueryLimits } from './graphql-limits.ts';
import { useStrictRequests } from './graphql-request.ts';
import { useJsonResponses } from './graphql-response.ts';
import { useQuietInputErrors } from './input-errors.ts';

export interface GraphQLEndpointNeeds {
  schema: GraphQLSchema;
  createContext(input: ContextInput): Promise<object>;
  log: Logger;
}

export type GraphQLEndpoint = (request: Request, call: GraphQLCall) => Promise<Response>;

/** All documents kept, in characters. A token takes one at least, so this bounds the memory of the parsed ones too. */
const DOCUMENT_CACHE_CHARACTERS = 512 * 1024;
const MAX_CACHED_DOCUMENT_CHARACTERS = 16 * 1024;

export function createGraphQLEndpoint({ schema, createContext, log }: GraphQLEndpointNeeds): GraphQLEndpoint {
  const documentCache = new LRUCache<string, DocumentNode>({
    maxSize: DOCUMENT_CACHE_CHARACTERS,
    maxEntrySize: MAX_CACHED_DOCUMENT_CHARACTERS,
    sizeCalculation: (_document, text) => text.length,
  });
  const yoga = createYoga<GraphQLCall>({
    schema,
    context: ({ request, client, sessionCookie }) =>
      createContext({ authorization: request.headers.get('authorization'), client, sessionCookie }),
    plugins: [
      useStrictRequests(),
      useSummary(schema),
      useQueryLimits(schema),
      useQuietInputErrors(),
      useJsonResponses(schema, log),
    ],
    // Strangers' mistakes are not worth memory.
    parserAndValidationCache: { documentCache, errorCache: { get: () => undefined, set: () => {} } },
    fetchAPI: { Request, Response, Headers, URL, URLSearchParams, ReadableStream, TextEncoder },
    // What the plugins above, and Hono in front, do instead.
    maskedErrors: false,
    maxRequestBodySize: false,
    multipart: false,
    logging: false,
    graphiql: false,
    landingPage: false,
    cors: false,
  });
  // Unlike its `fetch`, this answers callers who hung up as well, so that they are in the log.
  return async (request, call) => yoga.handleRequest(request, call);
}

const MAX_NAMES = 5;

function useSummary(schema: GraphQLSchema): Plugin<GraphQLCall> {
  return {
    onParse() {
      return ({ result, context }) => {
        if (result === null || result instanceof Error) return;
        const operation = getOperationAST(result, context.params.operationName);
        if (operation?.name) context.summary.operation = operation.name.value;
        const known = operation && schema.getRootType(operation.operation)?.getFields();
        const fields = operation?.selectionSet.selections
          .filter((selection) => selection.kind === Kind.FIELD)
          .map(({ name }) => name.value)
          .filter((name) => known && name in known);
        context.summary.fields = fields?.slice(0, MAX_NAMES) ?? [];
      };
    },
  };
}
