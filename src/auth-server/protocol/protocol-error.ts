/** How Supabase Auth refuses: a status, a code that never changes, and a body in one of two forms. */
import { HashingBusyError } from '../../adapters/passwords/password-hasher.ts';
import type { PasswordProblem } from '../../adapters/passwords/password-policy.ts';

export type RefusalStatus = 400 | 401 | 403 | 404 | 409 | 413 | 422 | 429 | 500 | 504;

/** A refusal the caller is told of, word for word. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly status: RefusalStatus;
  readonly code: string;
  readonly weakPassword: PasswordProblem | null;
  /** Seconds; null where waiting does not help. */
  readonly retryAfterSeconds: number | null;

  constructor(
    status: RefusalStatus,
    code: string,
    message: string,
    extra: { weakPassword?: PasswordProblem; retryAfterSeconds?: number } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.weakPassword = extra.weakPassword ?? null;
    this.retryAfterSeconds = extra.retryAfterSeconds ?? null;
  }
}

export const validationFailed = (message: string) => new ProtocolError(400, 'validation_failed', message);

export const emailExists = () =>
  new ProtocolError(422, 'email_exists', 'A user with this email address has already been registered');

export const phoneExists = () =>
  new ProtocolError(422, 'phone_exists', 'A user with this phone number has already been registered');

export const conflict = () => new ProtocolError(409, 'conflict', 'The account changed meanwhile, try again');

/** Supabase Auth answers 400 to sign-ups and 422 to sign-ins. */
export const phoneProviderDisabled = (status: 400 | 422) =>
  new ProtocolError(status, 'phone_provider_disabled', 'Phone logins are disabled');

export const weakPassword = (problem: PasswordProblem) =>
  new ProtocolError(422, 'weak_password', problem.message, { weakPassword: problem });

/** 429 and never 5xx, which auth-js would repeat for half a minute and then report without its code. */
export const tooManyRequests = (retryAfterSeconds: number) =>
  new ProtocolError(429, 'over_request_rate_limit', 'Request rate limit reached', { retryAfterSeconds });

/** Null for what nobody expected: it is for the log, and the caller learns no more than that it happened. */
export function refusalOf(error: unknown): ProtocolError | null {
  if (error instanceof ProtocolError) return error;
  if (error instanceof HashingBusyError) return tooManyRequests(error.retryAfterSeconds);
  return null;
}

export const unexpectedFailure = () =>
  new ProtocolError(
    500,
    'unexpected_failure',
    'Unexpected failure, please check server logs for more information',
  );

/** The first version of the API in which `code` is the error's code. Older clients read `error_code`, and `code` is the status. */
const API_VERSION = '2024-01-01';

export function errorResponse(error: ProtocolError, request: Request, requestId: string): Response {
  const { status, code, message, weakPassword, retryAfterSeconds } = error;
  const headers = new Headers({ 'x-sb-error-code': code, 'cache-control': 'no-store' });
  if (retryAfterSeconds !== null) headers.set('retry-after', String(retryAfterSeconds));
  const reasons = weakPassword && { weak_password: { reasons: weakPassword.reasons } };
  const version = request.headers.get('x-supabase-api-version') ?? '';
  if (/^\d{4}-\d\d-\d\d$/.test(version) && version >= API_VERSION) {
    headers.set('x-supabase-api-version', API_VERSION);
    return Response.json({ code, message, ...reasons }, { status, headers });
  }
  const reference = status >= 500 && { error_id: requestId };
  return Response.json(
    { code: status, error_code: code, msg: message, ...reference, ...reasons },
    { status, headers },
  );
}
