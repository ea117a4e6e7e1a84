/** A proof by itself, for what is not done here. Not of Supabase Auth's protocol: Limen's rules ask before they begin. */
import { requirePerson } from '../protocol/bearer.ts';
import {
  type Call,
  type Endpoints,
  newEndpoints,
  requireProcess,
  type Services,
} from '../protocol/endpoint.ts';
import { requireProof } from './proof-of-person.ts';

export function proofEndpoints(services: Services): Endpoints {
  return newEndpoints().post('/proof', (call) => prove(services, call));
}

/** Looks at the header `Limen-Proof`, and uses a code up. */
async function prove(services: Services, call: Call): Promise<Response> {
  requireProcess(call);
  const bearer = await requirePerson(services, call.req.raw);
  const proof = await requireProof(services, call, bearer, 'anything');
  await services.database.transaction((tx) => proof.spend(tx));
  await proof.forgive();
  return call.json({});
}
