import type { GraphQLError } from 'graphql';
import { createGraphQLError } from 'graphql-yoga';

export const REFUSAL_CODES = [
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'PAYLOAD_TOO_LARGE',
  'QUERY_TOO_COMPLEX',
  'UNSUPPORTED_MEDIA_TYPE',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** Why a GraphQL request is not even begun. The message is for the caller: never a value they sent. */
export function refusal(
  status: 400 | 406 | 413 | 415,
  code: RefusalCode,
  message: string,
  details: Record<string, unknown> = {},
): GraphQLError {
  return createGraphQLError(message, { extensions: { ...details, code, http: { status } } });
}
