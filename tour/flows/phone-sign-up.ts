import { codeIn, type Flow, holds, outcome, PASSWORD } from '../flow.ts';

const NEW_PASSWORD = 'another good password';

export const phoneSignUp: Flow = {
  name: 'sign-up by phone',
  async run({ visitor, phoneNumber, mailbox, step }) {
    const phone = phoneNumber();
    const ada = visitor();
    await step('a sign-up with a number and a password sends a code', async () => {
      outcome(await ada.signup({ phone, password: PASSWORD }), 'PhoneConfirmationSent');
    });
    const first = await step('by text message', () => mailbox.next(phone, 'phone-code'));
    await step('nobody signs in before the number is confirmed', async () => {
      outcome(await ada.login({ phone, password: PASSWORD }), 'PhoneNotConfirmedError');
    });
    const second = await step('the code comes again on request', async () => {
      outcome(await ada.resendVerification({ phone }), 'PhoneConfirmationSent');
      return mailbox.next(phone, 'phone-code');
    });
    await step('the newer one confirms the number and signs in, once', async () => {
      const [old, code] = [codeIn(first), codeIn(second)];
      if (old !== code) outcome(await ada.verifyPhone({ phone, code: old }), 'InvalidCodeError');
      const { user } = outcome(await ada.verifyPhone({ phone, code }), 'AuthSession');
      holds(user.phone !== null && phone.endsWith(user.phone) && user.email === null, 'It is not theirs.');
      outcome(await visitor().verifyPhone({ phone, code }), 'InvalidCodeError');
    });
    await step('the password opens the account', async () => {
      outcome(await visitor().login({ phone, password: PASSWORD }), 'AuthSession');
    });
    await step('and is changed by a code that goes to the number', async () => {
      outcome(await ada.requestReauthentication(), 'TextSent');
      const nonce = codeIn(await mailbox.next(phone, 'phone-code'));
      outcome(await ada.changePassword({ nonce, newPassword: NEW_PASSWORD }), 'PasswordChanged');
      outcome(await visitor().login({ phone, password: NEW_PASSWORD }), 'AuthSession');
    });
  },
};
