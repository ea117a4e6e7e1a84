import { type Endpoints, newEndpoints, type Services } from './endpoint.ts';

/** What a key may be shared for before it signs; `limen keys rotate` waits at least as long. */
const MAX_AGE_SECONDS = 600;

export function jwksEndpoints({ keys }: Services): Endpoints {
  return newEndpoints().get('/.well-known/jwks.json', async (call) => {
    call.header('cache-control', `public, max-age=${MAX_AGE_SECONDS}`);
    return call.json(await keys.publicKeys());
  });
}
