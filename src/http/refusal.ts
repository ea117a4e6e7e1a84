import type { GraphQLError } from 'graphql';
import { createGraphQLError } from 'graphql-yoga';

export type RefusalCode =
  | 'BAD_REQUEST'
  | 'BAD_USER_INPUT'
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'PAYLOAD_TOO_LARGE'
  | 'QUERY_TOO_COMPLEX'
  | 'UNSUPPORTED_MEDIA_TYPE';

/** Why a GraphQL request is not even begun. The message is for the caller: never a value they sent. */
export function refusal(
  status: 400 | 413 | 415,
  code: RefusalCode,
  message: string,
  details: Record<string, unknown> = {},
): GraphQLError {
  return createGraphQLError(message, { extensions: { ...details, code, http: { status } } });
}
