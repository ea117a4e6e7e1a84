/** The providers that a project has on, from its public settings: supabase-js has no call for those. */
import { z } from 'zod';
import type { Client } from '../../identity/client.ts';
import { ServiceUnavailableError } from '../../identity/errors.ts';
import type { AuthProvider } from '../../identity/sign-in/oauth-backend.ts';
import type { Project } from './call.ts';

export interface ProviderList {
  readonly providers: readonly AuthProvider[];
  /** False for a server that has providers it does not list. */
  readonly isComplete: boolean;
}

const Settings = z.object({
  external: z.record(z.string(), z.unknown()),
  // Limen's own, of all that are on.
  external_labels: z.record(z.string(), z.string()).optional(),
});

/** Ways to sign in that are no providers. */
const NO_PROVIDERS = new Set(['email', 'phone', 'anonymous_users']);
/** Pages ask for this list before anybody signs in; it changes when an operator changes it. */
const TTL_MS = 60_000;

/** @throws {ServiceUnavailableError} when called */
export function createProviderList(project: Project): (client: Client) => Promise<ProviderList> {
  let known: { list: ProviderList; at: number } | undefined;

  async function load(client: Client): Promise<ProviderList> {
    const request = new Request(`${project.url}/auth/v1/settings`, {
      headers: { apikey: project.publishableKey, accept: 'application/json' },
      signal: AbortSignal.timeout(project.timeoutMs),
    });
    try {
      const response = await project.send(request, client);
      if (!response.ok) throw new Error(`The settings answered ${response.status}.`);
      const { external, external_labels: labels } = Settings.parse(await response.json());
      const providers = Object.entries(external)
        .filter(([name, isOn]) => isOn === true && !NO_PROVIDERS.has(name))
        .map(([name]) => ({ name, label: labels?.[name] ?? null }));
      return { providers, isComplete: labels !== undefined };
    } catch (cause) {
      throw new ServiceUnavailableError(1, { cause });
    }
  }

  return async (client) => {
    if (!known || Date.now() - known.at > TTL_MS) known = { list: await load(client), at: Date.now() };
    return known.list;
  };
}
