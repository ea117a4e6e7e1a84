import { type Flow, holds, outcome, PASSWORD, refusal } from '../flow.ts';

export const password: Flow = {
  name: 'password',
  async run({ visitor, newcomer, address, step }) {
    const { client: ada, email } = await newcomer('ada');
    await step('signs in with it', async () => {
      const laptop = visitor();
      outcome(await laptop.login({ email, password: PASSWORD }), 'AuthSession');
      holds((await laptop.me())?.email === email, 'me is somebody else.');
    });
    await step('a wrong password and an unknown address are answered alike', async () => {
      const stranger = visitor();
      const wrong = outcome(
        await stranger.login({ email, password: 'not the password' }),
        'InvalidCredentialsError',
      );
      const unknown = await stranger.login({ email: address('nobody'), password: PASSWORD });
      holds(JSON.stringify(wrong) === JSON.stringify(unknown), 'They differ.');
    });
    const next = `${PASSWORD}, and another`;
    const laptop = visitor();
    await step(
      'a change of the password ends the other sessions, and no longer takes the old one',
      async () => {
        outcome(await laptop.login({ email, password: PASSWORD }), 'AuthSession');
        outcome(
          await ada.changePassword({ currentPassword: PASSWORD, newPassword: next }),
          'PasswordChanged',
        );
        holds((await refusal(laptop.me())) === 'UNAUTHENTICATED', 'The other session goes on.');
        outcome(await laptop.login({ email, password: PASSWORD }), 'InvalidCredentialsError');
      },
    );
    await step('a refresh goes on with the session, a logout ends it', async () => {
      outcome(await ada.refresh(), 'AuthSession');
      outcome(await ada.logout(), 'LoggedOut');
      holds((await ada.me()) === null, 'Somebody is still signed in.');
    });
  },
};
