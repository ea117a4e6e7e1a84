/** An authenticator app in a hurry: a code counts once, and the next one of the same app need not be waited for. */
import { TOTP } from 'otpauth';

const STEP_MS = 30_000;
/** Nearer to its end a step could be over before the code arrives. */
const MARGIN_MS = 3000;

/** Servers take the code of the step before and of the one after too: so that three are at hand without a wait. */
export function createAuthenticator(secret: string): () => Promise<string> {
  const totp = new TOTP({ secret });
  let last = 0;
  return async () => {
    const step = Math.max(last + 1, Math.floor(Date.now() / STEP_MS) - 1);
    await until((step - 1) * STEP_MS);
    const left = STEP_MS - (Date.now() % STEP_MS);
    if (left < MARGIN_MS) {
      await until(Date.now() + left);
      return createCode(Math.max(step, Math.floor(Date.now() / STEP_MS) - 1));
    }
    return createCode(step);
  };

  function createCode(step: number): string {
    last = step;
    return totp.generate({ timestamp: step * STEP_MS });
  }
}

const until = (time: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, time - Date.now())));
