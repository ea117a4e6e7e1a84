import { codeIn, type Flow, outcome, PASSWORD } from '../flow.ts';

export const reauthentication: Flow = {
  name: 'reauthentication',
  async run({ visitor, newcomer, mailbox, step }) {
    const { client: ada, email } = await newcomer('ada');
    const newPassword = `${PASSWORD}, and another`;
    const nonce = await step('a code comes by mail', async () => {
      outcome(await ada.requestReauthentication(), 'CodeSent');
      // A project may take any code for a proof, so in front of one it is the code of a sign-in.
      return codeIn(await mailbox.next(email, 'reauthentication', 'magic-link'));
    });
    await step('it stands for the current password, once, and a wrong one does not', async () => {
      const wrong = nonce === '000000' ? '111111' : '000000';
      outcome(await ada.changePassword({ nonce: wrong, newPassword }), 'InvalidCodeError');
      outcome(await ada.changePassword({ nonce, newPassword }), 'PasswordChanged');
      outcome(await visitor().login({ email, password: newPassword }), 'AuthSession');
      outcome(await ada.changePassword({ nonce, newPassword: `${newPassword} still` }), 'InvalidCodeError');
    });
  },
};
