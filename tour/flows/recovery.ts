import { codeIn, type Flow, holds, outcome, PASSWORD, refusal } from '../flow.ts';

export const recovery: Flow = {
  name: 'recovery',
  async run({ visitor, newcomer, address, mailbox, step }) {
    const { client: phone, email } = await newcomer('ada');
    const next = `${PASSWORD}, and another`;
    await step(
      'a lost password is answered alike for an address with an account and for one without',
      async () => {
        outcome(await visitor().requestPasswordReset({ email }), 'CodeSent');
        outcome(await visitor().requestPasswordReset({ email: address('nobody') }), 'CodeSent');
      },
    );
    const code = codeIn(await mailbox.next(email, 'recovery'));
    const laptop = visitor();
    await step('the code sets a new one, once, and a weak one does not use it up', async () => {
      outcome(await laptop.resetPassword({ email, code, newPassword: 'password' }), 'WeakPasswordError');
      outcome(await laptop.resetPassword({ email, code, newPassword: next }), 'AuthSession');
      outcome(await visitor().resetPassword({ email, code, newPassword: next }), 'InvalidCodeError');
    });
    await step('the other sessions are over, and only the new password signs in', async () => {
      holds((await refusal(phone.me())) === 'UNAUTHENTICATED', 'The other session goes on.');
      outcome(await visitor().login({ email, password: PASSWORD }), 'InvalidCredentialsError');
      outcome(await visitor().login({ email, password: next }), 'AuthSession');
    });
    await step('and a mail tells the owner', async () => {
      holds((await mailbox.next(email, 'password-changed')).code === null, 'There is a code.');
    });
  },
};
