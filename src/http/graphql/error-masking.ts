/** What a caller may know of an error. What they may not is logged, once, with the id of the request that they are told. */
import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { DeniedError } from '../../identity/denial.ts';
import {
  NotSupportedError,
  RateLimitedError,
  ServiceUnavailableError,
  UserError,
  ValidationError,
} from '../../identity/errors.ts';

const MAX_CAUSES = 5;

/** Where an error was made whose message may quote what a resolver answered. */
const ENGINE = /node_modules\/(@graphql-tools|graphql|graphql-scalars)\//;
const QUOTED_VALUE = /:| with value |\.serialize\(/;

/**
 * A null in a variable that has a default passes validation and fails an argument that takes none, while executing. It is the caller's
 * mistake; the engine's words for it quote what stands beside it.
 */
const BAD_ARGUMENT = /^Argument "(\w+)" /;

interface HttpExtension {
  status?: number;
  headers?: Record<string, string>;
}

export interface PublicError {
  readonly error: GraphQLFormattedError;
  /** Of the answer, where nothing was executed. */
  readonly status: number;
  readonly headers: Record<string, string>;
}

/** Masks the errors of one answer. */
export function createErrorMask(log: Logger, requestId: string): (error: GraphQLError) => PublicError {
  const logged = new Set<unknown>();
  return (error) => {
    const { extensions, ...shown } = error.toJSON();
    const origin = originOf(error);
    if (origin instanceof UserError || origin instanceof DeniedError)
      return { error: outcomeError(error, origin), status: 200, headers: {} };
    if (isDeliberate(error, origin)) {
      const { http, ...details } = extensions as { http?: HttpExtension };
      return {
        error: { ...shown, extensions: details },
        status: http?.status ?? 400,
        headers: http?.headers ?? {},
      };
    }
    const argument = BAD_ARGUMENT.exec(origin.message)?.[1];
    if (argument && origin.name === 'GraphQLError') {
      const message = `Argument "${argument}" was given no value of its type.`;
      return {
        error: { ...shown, message, extensions: { code: 'BAD_USER_INPUT' } },
        status: 400,
        headers: {},
      };
    }
    // Many fields may wait for the one thing that failed.
    if (!logged.has(origin)) {
      log.error({ requestId, path: error.path, error: describeError(origin) }, 'request failed');
    }
    logged.add(origin);
    return { error: { ...shown, ...internalError(requestId) }, status: 500, headers: {} };
  };
}

/** A denial, or an outcome of a rule, thrown by a field that has no union to put it in. */
function outcomeError(error: GraphQLError, outcome: UserError | DeniedError): GraphQLFormattedError {
  const canWait = outcome instanceof RateLimitedError || outcome instanceof ServiceUnavailableError;
  const wait = canWait ? { retryAfterSeconds: outcome.retryAfterSeconds } : {};
  const reason = outcome instanceof DeniedError && outcome.reason ? { reason: outcome.reason } : {};
  const permission =
    outcome instanceof DeniedError && outcome.permission ? { permission: outcome.permission } : {};
  const missing = outcome instanceof NotSupportedError ? { missing: outcome.missing } : {};
  const issues = outcome instanceof ValidationError ? { issues: outcome.issues } : {};
  const extensions = { ...wait, ...reason, ...permission, ...missing, ...issues, code: outcome.code };
  return { ...error.toJSON(), message: outcome.message, extensions };
}

export function internalError(requestId: string) {
  return { message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } };
}

function originOf(error: GraphQLError): Error {
  let origin: Error = error;
  while ((origin as GraphQLError).originalError) origin = (origin as GraphQLError).originalError as Error;
  return origin;
}

/**
 * Whoever means an error for the caller gives it a code; the engine's own errors while executing have none, and quote our objects. By name
 * and not by `instanceof`, since a test runner may load `graphql` twice.
 */
function isDeliberate(error: GraphQLError, origin: Error): boolean {
  const { code } = error.extensions;
  return origin.name === 'GraphQLError' && typeof code === 'string' && code !== 'INTERNAL_SERVER_ERROR';
}

/**
 * For the log. A driver's errors carry rows in further properties (`detail: Key (email)=(…)`), and the engine's quote values in their
 * messages: neither is kept.
 */
export function describeError(error: unknown, causes = MAX_CAUSES): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  const { name, message, cause, code } = error as Error & { code?: unknown };
  // The first lines of a stack repeat the message.
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    name,
    message: ENGINE.test(frames[0] ?? '') ? message.split(QUOTED_VALUE)[0] : message,
    ...(typeof code === 'string' && { code }),
    stack: frames.join('\n'),
    ...(cause !== undefined && causes > 0 && { cause: describeError(cause, causes - 1) }),
  };
}
