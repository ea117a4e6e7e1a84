/** Who is in an answer of Supabase Auth's, whatever it was an answer to. */
import { isUuid } from '../../identity/uuid.ts';
import { type MirroredPerson, personFromUser } from './person.ts';

/** A question to Supabase Auth, and its answer. */
export interface Exchange {
  readonly method: string;
  /** With `/auth/v1`. */
  readonly path: string;
  readonly status: number;
  /** Undefined for what is no JSON. */
  readonly body: unknown;
}

export type Heard =
  | { readonly kind: 'person'; readonly person: MirroredPerson }
  /** Deleted, by what was answered; Supabase is asked again before anybody is deleted here. */
  | { readonly kind: 'gone'; readonly id: string };

/** A person by themselves. Not `/signup`: there Supabase Auth makes one up where the address is taken. */
const SHOWS_PERSON =
  /\/auth\/v1\/(?:user|invite|admin\/users|admin\/users\/[\da-f-]{36}|admin\/generate_link)$/i;
const ONE_PERSON = /\/auth\/v1\/admin\/users\/([\da-f-]{36})$/i;

export function heardIn({ method, path, status, body }: Exchange): Heard | null {
  const id = ONE_PERSON.exec(path)?.[1];
  const isGone = method === 'DELETE' ? status < 300 : status === 404 && codeIn(body) === 'user_not_found';
  if (id && isUuid(id) && isGone) return { kind: 'gone', id };
  if (status >= 300) return null;
  const person = personFromUser(userIn(path, body));
  return person && { kind: 'person', person };
}

/** Of a session, wherever it comes from. */
function userIn(path: string, body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return null;
  if ('access_token' in body && 'user' in body) return body.user;
  return SHOWS_PERSON.test(path) ? body : null;
}

/** A newer server says it in `code`, an older one in `error_code`. */
function codeIn(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return undefined;
  const { code, error_code } = body as { code?: unknown; error_code?: unknown };
  return error_code ?? code;
}
