/** What a flow of the tour is: a few steps, each a promise that is kept or not. */
import type { SupabaseClient } from '@supabase/supabase-js';
import type { IdentityClient, IdentityClientOptions } from '../src/client/client.ts';
import type { Mail, Mailbox } from './mailbox.ts';
import type { Provider } from './provider.ts';

export interface Flow {
  /** As in the table of docs/flows.md. */
  readonly name: string;
  run(world: World): Promise<void>;
}

export interface World {
  /** Of the Limen that is toured. */
  readonly url: string;
  /** Where the frontend is that people come from, and go back to. */
  readonly site: string;
  /** Of the auth server: Limen's own, or the project's. */
  readonly authUrl: string;
  readonly provider: Provider;
  readonly mailbox: Mailbox;
  /** A client of the published kind, in which nobody is signed in yet. */
  visitor(options?: Partial<IdentityClientOptions>): IdentityClient;
  /** supabase-js as it is, with the project's public key, against the auth server. */
  supabase(): SupabaseClient;
  /** Signed in as the first administrator. */
  administrator(): Promise<IdentityClient>;
  /** Somebody who has just signed up, confirmed their address, and is signed in. */
  newcomer(name: string): Promise<{ client: IdentityClient; email: string; id: string }>;
  /** An address that nobody has. The name is only its beginning. */
  address(name: string): string;
  /** A number that nobody has. */
  phoneNumber(): string;
  /** Does one thing that is promised, and says so. */
  step<T>(promise: string, work: () => Promise<T>): Promise<T>;
}

export const PASSWORD = 'correct horse battery staple';

/** The server said that it cannot do this, in so many words. */
export class NotSupported extends Error {
  override readonly name = 'NotSupported';
  readonly missing: string;

  constructor(missing: string) {
    super(`Not supported: ${missing}`);
    this.missing = missing;
  }
}

type Outcome = { __typename: string };

/** The outcome that was promised, narrowed to its type. @throws {NotSupported} and for any other outcome */
export function outcome<Result extends Outcome, Name extends Result['__typename']>(
  result: Result,
  name: Name,
): Extract<Result, { __typename: Name }> {
  if (result.__typename === name) return result as Extract<Result, { __typename: Name }>;
  const { __typename, code, missing } = result as Outcome & { code?: string; missing?: string };
  if (__typename === 'NotSupportedError') throw new NotSupported(missing ?? 'it does not say what');
  throw new Error(`${name} was promised, and the answer is ${__typename}${code ? ` (${code})` : ''}.`);
}

/** That something is as promised. */
export function holds(fact: boolean, otherwise: string): asserts fact {
  if (!fact) throw new Error(otherwise);
}

/** The code of the error that a call is promised to reject with. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
  throw new Error('A refusal was promised, and it went through.');
}

export function codeIn({ code }: Pick<Mail, 'code'>): string {
  holds(code !== null, 'There is no code in the mail.');
  return code;
}

/** What a page of the application's own would take out of the link and send. */
export function tokenHashIn({ link }: Pick<Mail, 'link'>): string {
  const search = link === null ? null : new URL(link).searchParams;
  const tokenHash = search?.get('token_hash') ?? search?.get('token') ?? null;
  holds(tokenHash !== null, 'There is no link in the mail.');
  return tokenHash;
}
