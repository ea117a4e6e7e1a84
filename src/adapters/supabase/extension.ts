/**
 * What the embedded server does and Supabase Auth's protocol has no word for. It takes these calls from this process alone, and no client
 * library knows them.
 */
import { AuthApiError } from '@supabase/supabase-js';
import type { Client } from '../../identity/client.ts';
import { DeniedError } from '../../identity/denial.ts';
import { ServiceUnavailableError, UserNotFoundError } from '../../identity/errors.ts';
import type { Project, Transport } from './call.ts';
import { isGone } from './gone.ts';
import { outcomeOf } from './outcome.ts';

export interface Extension {
  /**
   * @param as a person's access token; null: the project itself
   * @param headers what goes along
   * @throws {UserNotFoundError} @throws {DeniedError} when the person's session is over, and the outcome behind any other refusal
   */
  call<Answer>(
    path: string,
    body: object,
    as?: string | null,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
}

const NO_TRANSPORT: Transport = { retryAfterSeconds: null, outage: undefined };

export function createExtension(
  { project, secretKey }: { project: Project; secretKey: () => Promise<string> },
  client: Client,
): Extension {
  return {
    async call<Answer>(path: string, body: object, as: string | null = null, headers = {}) {
      const request = new Request(`${project.url}/auth/v1${path}`, {
        method: 'POST',
        headers: {
          ...headers,
          authorization: `Bearer ${as ?? (await secretKey())}`,
          'content-type': 'application/json',
          'x-supabase-api-version': '2024-01-01',
        },
        body: JSON.stringify(body),
      });
      const response = await project.send(request, client);
      const answer = (await response.json()) as { code?: string; message?: string };
      if (response.ok) return answer as Answer;
      if (response.status >= 500) throw new ServiceUnavailableError(1, { cause: answer });
      throw refusalOf(new AuthApiError(answer.message ?? '', response.status, answer.code), as);
    },
  };
}

function refusalOf(error: AuthApiError, as: string | null): Error {
  // Of the one acted on with 404, of the token's own person with 403.
  if (error.code === 'user_not_found' && error.status === 404) return new UserNotFoundError();
  if (as !== null && error.status !== 400 && isGone(error)) return new DeniedError('UNAUTHENTICATED');
  return outcomeOf(error, NO_TRANSPORT);
}
