/** One call to Supabase Auth through supabase-js: a client of its own, a deadline, and an answer unwrapped at once. */
import { type AuthError, createClient, type SupabaseClient } from '@supabase/supabase-js';
import type { Client } from '../../identity/client.ts';
import { ServiceUnavailableError } from '../../identity/errors.ts';
import type { Exchange } from '../mirror/heard-people.ts';

/** Sends a request on behalf of a client: into the embedded server, or over HTTP. */
export type Send = (request: Request, client: Client) => Promise<Response>;

export interface Project {
  /** Where `/auth/v1` is mounted. */
  readonly url: string;
  /** The same, as browsers reach it. */
  readonly publicUrl: string;
  /** Sent by calls that act for nobody in particular. */
  readonly publishableKey: string;
  readonly timeoutMs: number;
  readonly send: Send;
  /** Called before each question; what it answers with is told of the answer, waited for, and must not reject. */
  readonly listen?: Listen;
}

export type Listen = () => (exchange: Exchange) => Promise<void>;

const STORAGE_KEY = 'limen';

/** What supabase-js does not hand on from a response. */
export interface Transport {
  /** Seconds, from `Retry-After`; null if the server did not say. */
  retryAfterSeconds: number | null;
  /** Why the server could not be asked, or did not know itself. */
  outage: unknown;
}

/** What each method of auth-js answers. */
export type Answer = { data: unknown; error: AuthError | null };

/**
 * A client that signed somebody in sends that person's token with its later calls, even without `persistSession`: so every call gets a
 * fresh one (0.15 ms), and to act for a person it starts with that person's token in its storage.
 *
 * @throws {ServiceUnavailableError} when the server is out of reach, too slow, or answers 5xx
 */
export async function call<A extends Answer>(
  project: Project,
  client: Client,
  as: {
    key?: string;
    accessToken?: string;
    codeVerifier?: string;
    headers?: Readonly<Record<string, string>>;
  },
  work: (auth: SupabaseClient['auth']) => Promise<A>,
): Promise<A & { transport: Transport }> {
  const transport: Transport = { retryAfterSeconds: null, outage: undefined };
  const supabase = createClient(project.url, as.key ?? project.publishableKey, {
    auth: {
      autoRefreshToken: false,
      detectSessionInUrl: false,
      storageKey: STORAGE_KEY,
      persistSession: true,
      storage: storageHolding(as),
      experimental: { recoveryCodes: true },
    },
    global: { headers: { ...as.headers }, fetch: fetchWithin(project, client, transport) },
  });
  const answer = await work(supabase.auth);
  if (transport.outage !== undefined) {
    throw new ServiceUnavailableError(transport.retryAfterSeconds ?? 1, { cause: transport.outage });
  }
  return { ...answer, transport };
}

/**
 * auth-js repeats a refresh for up to 30 s while the network fails or the server answers 5xx, and drops the code. It has no deadline either.
 * So an outage is noted here and shown to auth-js as a plain refusal: it gives up at once, and `call` says what happened.
 */
function fetchWithin(project: Project, client: Client, transport: Transport): typeof fetch {
  return async (input, init) => {
    const signal = AbortSignal.timeout(project.timeoutMs);
    const request = new Request(input, { ...init, signal });
    const heard = project.listen?.();
    try {
      const response = await Promise.race([project.send(request, client), rejectedBy(signal)]);
      const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
      transport.retryAfterSeconds = Number.isFinite(retryAfter) ? Math.max(1, Math.ceil(retryAfter)) : null;
      if (response.status < 500) return heard ? await toldOf(response, request, heard) : response;
      transport.outage = new Error(`The auth server answered ${response.status}.`);
      await response.body?.cancel();
    } catch (error) {
      transport.outage = error;
    }
    return Response.json(
      { code: 'out_of_reach', message: 'The auth server is out of reach.' },
      { status: 400 },
    );
  };
}

/** Read to the end first: the deadline is the server's, and not that of those who listen. */
async function toldOf(
  response: Response,
  { method, url }: Request,
  heard: ReturnType<Listen>,
): Promise<Response> {
  const { status, headers } = response;
  const text = await response.text();
  await heard({ method, path: new URL(url).pathname, status, body: parse(text) });
  return new Response(text === '' ? null : text, { status, headers });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/**
 * With a session in its storage that has not expired, auth-js acts for that person without asking for a refresh token; the verifier of a
 * code it takes from there too.
 */
function storageHolding({ accessToken, codeVerifier }: { accessToken?: string; codeVerifier?: string }) {
  const items = new Map<string, string>();
  if (accessToken) {
    items.set(
      STORAGE_KEY,
      JSON.stringify({
        access_token: accessToken,
        refresh_token: 'none',
        token_type: 'bearer',
        expires_in: 3600,
        expires_at: Math.floor(Date.now() / 1000) + 3600,
        user: { id: '' },
      }),
    );
  }
  if (codeVerifier) items.set(`${STORAGE_KEY}-code-verifier`, JSON.stringify(codeVerifier));
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
}
