/** Runs flows in an open house, and says what came of each. */
import { randomInt, randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import { createIdentityClient, type IdentityClientOptions } from '../src/client/client.ts';
import { codeIn, type Flow, NotSupported, outcome, PASSWORD, type World } from './flow.ts';
import { type House, SITE } from './house.ts';
import { createMailbox } from './mailbox.ts';

export interface FlowRun {
  /** What the server says is missing for it; null: the flow works. */
  readonly missing: string | null;
  /** The mutations it sent, by the schema's names, each once. */
  readonly mutations: readonly string[];
}

/** @param onStep told when a step is done @throws at the first step that is not as promised */
export async function runFlow(
  flow: Flow,
  house: House,
  onStep: (promise: string) => void = () => {},
): Promise<FlowRun> {
  const mutations = new Set<string>();
  const world = createWorld(house, onStep, (mutation) => mutations.add(mutation));
  try {
    await flow.run(world);
    return { missing: null, mutations: [...mutations] };
  } catch (error) {
    if (error instanceof NotSupported) return { missing: error.missing, mutations: [...mutations] };
    throw error;
  }
}

function createWorld(
  house: House,
  onStep: (promise: string) => void,
  onMutation: (name: string) => void,
): World {
  function visitor(options: Partial<IdentityClientOptions> = {}) {
    const { fetch = globalThis.fetch, ...rest } = options;
    return createIdentityClient({
      url: `${house.url}/graphql`,
      fetch: (input, init) => {
        for (const name of mutationsIn(init?.body)) onMutation(name);
        return fetch(input, init);
      },
      ...rest,
    });
  }
  const mailbox = createMailbox(house.authUrl);
  const address = (name: string) => `${name}-${randomUUID().slice(0, 8)}@example.com`;
  return {
    url: house.url,
    site: SITE,
    authUrl: house.authUrl,
    provider: house.provider,
    mailbox,
    visitor,
    supabase: () =>
      createClient(house.authUrl, house.publicKey, {
        auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
      }),
    async newcomer(name) {
      const email = address(name);
      const client = visitor();
      outcome(await client.signup({ email, password: PASSWORD }), 'EmailConfirmationSent');
      const code = codeIn(await mailbox.next(email, 'confirm-signup'));
      const { user } = outcome(await client.verifyEmail({ email, code }), 'AuthSession');
      return { client, email, id: user.id };
    },
    async administrator() {
      const client = visitor();
      outcome(await client.login(house.administrator), 'AuthSession');
      return client;
    },
    address,
    phoneNumber: () => `+1555${randomInt(1e6, 1e7)}`,
    async step(promise, work) {
      try {
        const result = await work();
        onStep(promise);
        return result;
      } catch (error) {
        if (error instanceof NotSupported) throw error;
        throw new Error(`${promise}: ${error instanceof Error ? error.message : error}`, { cause: error });
      }
    },
  };
}

/** The client's documents ask for one field each, and are named as it is. */
function mutationsIn(body: unknown): string[] {
  const { query = '' } = JSON.parse(String(body)) as { query?: string };
  const name = /^mutation (\w)(\w*)/.exec(query);
  return name ? [name[1]!.toLowerCase() + name[2]!] : [];
}
