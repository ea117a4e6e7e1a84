/** A Supabase project, or a self-hosted Supabase Auth, over HTTP. */
import { OWN_USER_AGENT } from '../../identity/client.ts';
import type { Project } from './call.ts';

interface RemoteProjectOptions {
  url: string;
  /** As browsers reach it, where that is another address. */
  publicUrl: string;
  publishableKey: string;
  secretKey: string;
  timeoutMs: number;
}

/**
 * Supabase limits attempts by address, and every call comes from ours: so the client's address goes along, which is believed together with
 * a secret key. So does the client's `User-Agent`, which is kept with sessions, but not beside the newer secret keys: Supabase refuses one that seems
 * to come from a browser.
 */
export function remoteProject({
  url,
  publicUrl,
  publishableKey,
  secretKey,
  timeoutMs,
}: RemoteProjectOptions): Project {
  // The newer opaque keys are exchanged by the gateway, and only where `apikey` and bearer are the same.
  const isOpaque = secretKey.startsWith('sb_secret_');
  return {
    url,
    publicUrl,
    publishableKey: isOpaque ? secretKey : publishableKey,
    timeoutMs,
    send: (request, client) => {
      request.headers.set('apikey', secretKey);
      request.headers.set('Sb-Forwarded-For', client.address);
      request.headers.set('X-Request-Id', client.requestId);
      request.headers.set('User-Agent', (isOpaque ? null : client.userAgent) ?? OWN_USER_AGENT);
      // A redirect would take the secret key, and the password in the body, to whatever address it names.
      return fetch(request, { redirect: 'error' });
    },
  };
}
