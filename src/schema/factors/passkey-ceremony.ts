/** What a browser does between the two halves of a ceremony with a passkey. The client's `registerPasskey` and `signInWithPasskey` do it whole. */
import type { PasskeyCeremony } from '../../identity/factors/passkey-backend.ts';
import { builder } from '../builder.ts';

/** What a ceremony begins with: `parser` and `method` are the browser's. */
export function ceremonyRef(name: string, parser: string, method: string, description: string) {
  return builder.objectRef<PasskeyCeremony>(name).implement({
    description,
    isTypeOf: (value) => typeof value === 'object' && value !== null && 'options' in value,
    fields: (t) => ({
      challengeId: t.exposeID('challengeId', { description: 'To be sent back with the answer.' }),
      options: t.expose('options', {
        type: 'JSONObject',
        description: `For \`navigator.credentials.${method}({ publicKey })\`, by way of \`PublicKeyCredential.${parser}\`.`,
      }),
      expiresAt: t.expose('expiresAt', {
        type: 'DateTime',
        description: 'Until then it can be answered, once.',
      }),
    }),
  });
}

export const CREDENTIAL = 'The `toJSON()` of what `navigator.credentials` answered.';
