import { type Flow, holds, outcome, PASSWORD, refusal } from '../flow.ts';

export const sessions: Flow = {
  name: 'sessions',
  async run({ visitor, newcomer, step }) {
    const { client: ada, email } = await newcomer('ada');
    const phone = visitor();
    outcome(await phone.login({ email, password: PASSWORD }), 'AuthSession');
    await step('sees where she is signed in, and ends one of them at once', async () => {
      const { sessions } = outcome(await ada.sessions(), 'SessionList');
      const other = sessions.find(({ isCurrent }) => !isCurrent);
      holds(sessions.length === 2 && other !== undefined, 'They are not all there.');
      outcome(await ada.revokeSession({ id: other.id }), 'SessionRevoked');
      holds((await refusal(phone.me())) === 'UNAUTHENTICATED', 'It goes on.');
    });
    await step('ends the one that asks, and nobody is signed in here any more', async () => {
      const { sessions } = outcome(await ada.sessions(), 'SessionList');
      outcome(await ada.revokeSession({ id: sessions[0]?.id ?? '' }), 'SessionRevoked');
      holds((await ada.getSession()) === null, 'The session is still kept.');
    });
  },
};
