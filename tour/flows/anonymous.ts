import { codeIn, type Flow, holds, outcome } from '../flow.ts';

export const anonymous: Flow = {
  name: 'anonymous',
  async run({ visitor, address, mailbox, step }) {
    const guest = visitor();
    const email = address('guest');
    const id = await step('a visitor is somebody without having said who', async () => {
      const { user } = outcome(await guest.signInAnonymously({}), 'AuthSession');
      holds(user.email === null && user.isAnonymous, 'They have an address.');
      return user.id;
    });
    await step('becomes a full account with an address, and keeps the id', async () => {
      outcome(await guest.changeEmail({ email }), 'EmailChangeRequested');
      const code = codeIn(await mailbox.next(email, 'email-change-new'));
      const { user } = outcome(await guest.verifyEmailChange({ email, code }), 'AuthSession');
      holds(user.id === id && !user.isAnonymous && user.email === email, 'It is not the same account.');
    });
  },
};
