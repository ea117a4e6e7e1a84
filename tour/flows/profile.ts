import { type Flow, holds, outcome, refusal } from '../flow.ts';

export const profile: Flow = {
  name: 'profile and roles',
  async run({ newcomer, administrator, step }) {
    const { client: ada, id } = await newcomer('ada');
    await step('changes her profile, and the same access token tells of it', async () => {
      outcome(await ada.updateProfile({ displayName: 'Ada', locale: 'en-GB' }), 'User');
      holds((await ada.me())?.displayName === 'Ada', 'me has the old name.');
    });
    await step('may not give herself a role', async () => {
      const code = await refusal(ada.setUserRoles({ userId: id, roles: ['admin'] }));
      holds(code === 'FORBIDDEN', `The answer is ${code}.`);
    });
    await step('is given one by the administrator, and has it with the next refresh', async () => {
      const admin = await administrator();
      outcome(await admin.setUserRoles({ userId: id, roles: ['editor'] }), 'User');
      const session = outcome(await ada.refresh(), 'AuthSession');
      holds(session.user.roles.includes('editor'), 'The role is not there.');
    });
  },
};
