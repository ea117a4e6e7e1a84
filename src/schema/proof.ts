/** What a sensitive change takes beside the session. The rule lives in `identity/proof.ts`. */
import {
  InvalidCodeError,
  InvalidCredentialsError,
  ReauthenticationRequiredError,
} from '../identity/errors.ts';
import type { InputFields } from './sign-in/sign-in.ts';

export const proofFields = (t: InputFields) => ({
  currentPassword: t.string({
    description:
      'The password as it is. Without it and without `nonce` the person must have shown who they are within the last 15 minutes: signed in, or, where factors and passkeys are changed, stepped up. `isAnonymous` people need none of it.',
  }),
  nonce: t.string({
    description:
      'The code that `requestReauthentication` sent, in place of the password. It is good once, and for one change.',
  }),
});

/** What comes of a proof that is wrong, or lacks. */
export const PROOF_REFUSALS = [
  InvalidCredentialsError,
  InvalidCodeError,
  ReauthenticationRequiredError,
] as const;
