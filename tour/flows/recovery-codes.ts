import { createAuthenticator } from '../authenticator.ts';
import { type Flow, holds, outcome, PASSWORD } from '../flow.ts';

export const recoveryCodes: Flow = {
  name: 'recovery codes',
  async run({ visitor, newcomer, step }) {
    const { client: ada, email } = await newcomer('ada');
    const { factorId, secret } = outcome(await ada.enrollTotp({}), 'TotpEnrolment');
    const nextCode = createAuthenticator(secret);
    outcome(await ada.verifyTotp({ factorId, code: await nextCode() }), 'AuthSession');
    const [code = '', ...others] = await step('ten are shown, this once', async () => {
      const { codes } = outcome(await ada.generateRecoveryCodes(), 'RecoveryCodes');
      holds(new Set(codes).size === 10, `There are ${codes.length}.`);
      return codes;
    });
    const logIn = async () => outcome(await visitor().login({ email, password: PASSWORD }), 'MfaRequired');
    await step('one of them takes the place of the app, once', async () => {
      const { challengeId, methods } = await logIn();
      holds(methods.includes('RECOVERY_CODE'), `The methods are ${methods}.`);
      outcome(await visitor().verifyMfa({ challengeId, code }), 'AuthSession');
      outcome(
        await visitor().verifyMfa({ challengeId: (await logIn()).challengeId, code }),
        'InvalidMfaCodeError',
      );
    });
    await step('and nine are left, until ten new ones replace them', async () => {
      holds((await ada.factors())?.recoveryCodesLeft === 9, 'There are more or fewer.');
      outcome(await ada.generateRecoveryCodes(), 'RecoveryCodes');
      const { challengeId } = await logIn();
      outcome(await visitor().verifyMfa({ challengeId, code: others[0]! }), 'InvalidMfaCodeError');
    });
  },
};
