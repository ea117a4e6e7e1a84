/** PKCE (RFC 7636): a secret that stays here while the browser is away, and shows on return who it was that left. */
import type { SessionStorage } from './session-storage.ts';

export interface CodeVerifiers {
  /** Makes and keeps a verifier, in place of the one before. Answers its challenge. */
  begin(): Promise<string>;
  /** The one that was kept last; empty where there is none. */
  current(): Promise<string>;
  forget(): Promise<void>;
}

/** @param storage must outlive the page: the browser leaves it on the way to the provider */
export function createCodeVerifiers(storage: SessionStorage, key: string): CodeVerifiers {
  return {
    async begin() {
      if (!globalThis.crypto?.subtle) {
        throw new TypeError(
          'Sign-in by a provider needs a page that is served over https://, or from localhost.',
        );
      }
      const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
      const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
      await storage.setItem(key, verifier);
      return base64url(new Uint8Array(hash));
    },
    current: async () => (await storage.getItem(key)) ?? '',
    forget: async () => void (await storage.removeItem(key)),
  };
}

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
