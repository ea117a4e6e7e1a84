import { StepUpDocument } from '../../src/client/client.ts';
import { createAuthenticator } from '../authenticator.ts';
import { type Flow, holds, outcome, PASSWORD } from '../flow.ts';

export const totp: Flow = {
  name: 'TOTP',
  async run({ visitor, newcomer, supabase, step }) {
    const { client: ada, email } = await newcomer('ada');
    const { factorId, secret } = await step(
      'an authenticator app is set up by a QR code, or its secret',
      async () => {
        const enrolment = outcome(await ada.enrollTotp({ name: 'phone' }), 'TotpEnrolment');
        holds(enrolment.qrCode.includes('<svg'), 'There is no QR code.');
        holds(enrolment.uri.startsWith('otpauth://totp/'), `The URI is ${enrolment.uri}.`);
        return enrolment;
      },
    );
    const nextCode = createAuthenticator(secret);
    await step('its first code makes it count, and raises the session to AAL2', async () => {
      outcome(await ada.verifyTotp({ factorId, code: await nextCode() }), 'AuthSession');
      holds((await ada.viewer()).assuranceLevel === 'AAL2', 'The session is at AAL1.');
    });
    const laptop = visitor();
    await step('a sign-in with the right password now waits for a code', async () => {
      const { challengeId, methods } = outcome(
        await laptop.login({ email, password: PASSWORD }),
        'MfaRequired',
      );
      holds(methods.includes('TOTP'), `The methods are ${methods}.`);
      const code = await nextCode();
      const wrong = code === '000000' ? '111111' : '000000';
      outcome(await laptop.verifyMfa({ challengeId, code: wrong }), 'InvalidMfaCodeError');
      outcome(await laptop.verifyMfa({ challengeId, code }), 'AuthSession');
      const again = outcome(await visitor().login({ email, password: PASSWORD }), 'MfaRequired');
      outcome(await visitor().verifyMfa({ challengeId: again.challengeId, code }), 'InvalidMfaCodeError');
    });
    await step('a session that supabase-js began with the password alone is raised by a code', async () => {
      const { data } = await supabase().auth.signInWithPassword({ email, password: PASSWORD });
      const authorization = `Bearer ${data.session?.access_token}`;
      const client = visitor({
        fetch: (input, init) => fetch(input, { ...init, headers: { ...init?.headers, authorization } }),
      });
      holds((await client.viewer()).assuranceLevel === 'AAL1', 'The session is at AAL2.');
      const { stepUp } = await client.request(StepUpDocument, { input: { code: await nextCode() } });
      outcome(stepUp, 'AuthSession');
    });
    await step('taken away, it is asked for no more', async () => {
      outcome(await laptop.removeFactor({ factorId }), 'FactorRemoved');
      outcome(await visitor().login({ email, password: PASSWORD }), 'AuthSession');
    });
  },
};
