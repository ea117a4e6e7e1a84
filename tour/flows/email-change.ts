import { codeIn, type Flow, holds, outcome, PASSWORD, tokenHashIn } from '../flow.ts';

export const emailChange: Flow = {
  name: 'change of e-mail',
  async run({ visitor, newcomer, address, mailbox, step }) {
    const { client: ada, email, id } = await newcomer('ada');
    const newEmail = address('countess');
    await step('asks for another address, and keeps the present one for now', async () => {
      outcome(await ada.changeEmail({ email: newEmail, currentPassword: PASSWORD }), 'EmailChangeRequested');
      holds((await ada.me())?.email === email, 'me has the new one.');
    });
    const [present, wanted] = await step('both are sent a mail', () =>
      Promise.all([mailbox.next(email, 'email-change-current'), mailbox.next(newEmail, 'email-change-new')]),
    );
    await step('one confirmation is half of what is needed', async () => {
      outcome(
        await visitor().verifyEmailChange({ tokenHash: tokenHashIn(wanted) }),
        'EmailChangeHalfConfirmed',
      );
      holds((await ada.me())?.email === email, 'me has the new one.');
    });
    await step('the other one changes it, and each is good once', async () => {
      const code = codeIn(present);
      const { user } = outcome(await visitor().verifyEmailChange({ email, code }), 'AuthSession');
      holds(user.id === id && user.email === newEmail, 'The session is of somebody else.');
      outcome(await visitor().verifyEmailChange({ tokenHash: tokenHashIn(wanted) }), 'InvalidCodeError');
      holds((await ada.me())?.email === newEmail, 'me has the old one.');
      outcome(await visitor().login({ email: newEmail, password: PASSWORD }), 'AuthSession');
    });
  },
};
