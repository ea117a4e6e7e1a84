import { type Endpoints, newEndpoints } from './endpoint.ts';

/** The protocol of this version of Supabase Auth is spoken here. */
const VERSION = 'v2.196.0';

export function healthEndpoints(): Endpoints {
  return newEndpoints().get('/health', (call) =>
    call.json({
      version: VERSION,
      name: 'GoTrue',
      description: 'Limen, speaking the protocol of Supabase Auth: user registration and authentication',
    }),
  );
}
