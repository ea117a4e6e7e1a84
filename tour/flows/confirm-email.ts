import { codeIn, type Flow, holds, outcome, PASSWORD, tokenHashIn } from '../flow.ts';

export const confirmEmail: Flow = {
  name: 'confirm e-mail',
  async run({ visitor, newcomer, address, mailbox, step }) {
    const email = address('ada');
    const ada = visitor();
    await step('a sign-up is answered alike for a free address and for a taken one', async () => {
      const { email: taken } = await newcomer('grace');
      outcome(await ada.signup({ email, password: PASSWORD }), 'EmailConfirmationSent');
      outcome(await visitor().signup({ email: taken, password: PASSWORD }), 'EmailConfirmationSent');
      holds((await mailbox.next(taken, 'account-exists')).code === null, 'There is a code.');
    });
    const mail = await step('the mail holds a code and a link', () => mailbox.next(email, 'confirm-signup'));
    await step('nobody signs in before the address is confirmed', async () => {
      outcome(await ada.login({ email, password: PASSWORD }), 'EmailNotConfirmedError');
    });
    await step('the code confirms it and signs in, once', async () => {
      outcome(await ada.verifyEmail({ email, code: codeIn(mail) }), 'AuthSession');
      holds((await ada.me())?.email === email, 'me is somebody else.');
      outcome(await visitor().verifyEmail({ email, code: codeIn(mail) }), 'InvalidCodeError');
    });
    await step('the mail comes again on request, and the one before is over', async () => {
      const grace = address('grace');
      outcome(await visitor().signup({ email: grace, password: PASSWORD }), 'EmailConfirmationSent');
      const first = await mailbox.next(grace, 'confirm-signup');
      outcome(await visitor().resendVerification({ email: grace }), 'EmailConfirmationSent');
      const second = await mailbox.next(grace, 'confirm-signup');
      outcome(await visitor().verifyEmail({ tokenHash: tokenHashIn(first) }), 'InvalidCodeError');
      outcome(await visitor().verifyEmail({ tokenHash: tokenHashIn(second) }), 'AuthSession');
    });
  },
};
