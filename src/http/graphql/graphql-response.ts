/** How a GraphQL result becomes an answer: JSON, whatever was asked for, and a status that tells "refused" from "done". */
import type { ExecutionResult, GraphQLError, GraphQLFormattedError, GraphQLSchema } from 'graphql';
import { isAsyncIterable, mapAsyncIterator, type Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import { DENIAL_CODES } from '../../identity/denial.ts';
import { ERROR_CODES } from '../../identity/error-codes.ts';
import { createErrorMask, internalError } from './error-masking.ts';
import type { GraphQLCall } from './graphql-call.ts';
import { REFUSAL_CODES, refusal } from './refusal.ts';

const GRAPHQL_JSON = 'application/graphql-response+json';
const EVENT_STREAM = 'text/event-stream';

/** Takes the place of Yoga's result processors, which answer 200 to refused operations when `application/json` is asked for. */
export function useJsonResponses(schema: GraphQLSchema, log: Logger): Plugin<object, GraphQLCall> {
  const isWord = (word: string) =>
    schema.getType(word) !== undefined || word in ERROR_CODES || REFUSALS.has(word);
  return {
    onResultProcess({ request, result, setResult, serverContext, setResultProcessor }) {
      const accept = request.headers.get('accept') ?? '';
      const mediaType = accept.includes(GRAPHQL_JSON) ? GRAPHQL_JSON : 'application/json';
      const { client, summary } = serverContext;
      if (isAsyncIterable(result)) {
        if (!accept.includes(EVENT_STREAM))
          throw refusal(406, 'BAD_REQUEST', `Subscriptions answer as ${EVENT_STREAM}.`);
        const mask = createErrorMask(log, client.requestId);
        setResult(
          mapAsyncIterator(result, (part) => ({ ...part, ...maskedErrors(part as ExecutionResult, mask) })),
        );
        return;
      }
      setResultProcessor((result) => {
        summary.outcomes = outcomesOf(result as ExecutionResult, isWord);
        return toResponse(result as ExecutionResult, mediaType, client.requestId, log);
      }, mediaType);
    },
  };
}

const MAX_OUTCOMES = 5;
const REFUSALS = new Set<string>([...DENIAL_CODES, ...REFUSAL_CODES]);

function outcomesOf({ data, errors = [] }: ExecutionResult, isWord: (word: string) => boolean): string[] {
  const answers = Object.values(data ?? {}).map((value) => {
    const { code, __typename } = (value ?? {}) as { code?: unknown; __typename?: unknown };
    return code ?? __typename;
  });
  const codes = errors.map(({ extensions }) => extensions?.code);
  // A client may give these names to other fields, whose values must not be logged.
  const words = [...codes, ...answers].filter((word) => typeof word === 'string' && isWord(word));
  return words.slice(0, MAX_OUTCOMES) as string[];
}

/** As they are written out, which is all that becomes of them. */
function maskedErrors({ errors }: ExecutionResult, mask: ReturnType<typeof createErrorMask>) {
  return errors && { errors: errors.map((error) => mask(error).error) as GraphQLError[] };
}

function toResponse(result: ExecutionResult, mediaType: string, requestId: string, log: Logger): Response {
  const headers = new Headers({
    'Content-Type': `${mediaType}; charset=utf-8`,
    // Answers hold tokens, and what one person may see.
    'Cache-Control': 'no-store',
  });
  const answer = (body: object, status: number) => new Response(JSON.stringify(body), { status, headers });

  const { data, errors: found = [] } = result;
  if (found.length === 0) {
    return data === undefined ? answer({ errors: [internalError(requestId)] }, 500) : answer({ data }, 200);
  }
  const mask = createErrorMask(log, requestId);
  const shown = found.map((error) => mask(error as GraphQLError));
  const errors: GraphQLFormattedError[] = shown.map(({ error }) => error);
  if (data !== undefined) return answer({ errors, data }, 200);
  for (const error of shown) {
    for (const [name, value] of Object.entries(error.headers)) headers.set(name, value);
  }
  return answer({ errors }, Math.max(...shown.map(({ status }) => status)));
}
