import { type Flow, holds, outcome, refusal } from '../flow.ts';

/** What takes the keys and the sessions to be Limen's own. */
export const impersonation: Flow = {
  name: 'sessions of others, and impersonation',
  async run({ visitor, newcomer, administrator, step }) {
    const admin = await administrator();
    const { client: ada, id: userId } = await newcomer('ada');
    await step('all sessions of somebody end at once', async () => {
      const revoked = outcome(await admin.revokeUserSessions({ userId }), 'UserSessionsRevoked');
      holds(revoked.sessionsRevoked === 1, `${revoked.sessionsRevoked} ended.`);
      holds((await refusal(ada.me())) === 'UNAUTHENTICATED', 'Ada is in.');
      outcome(await admin.revokeUsersSessions({ userIds: [userId] }), 'RevokeUsersSessionsItems');
    });
    await step('a session in their stead reads, changes next to nothing, and says who acts', async () => {
      const { accessToken } = outcome(
        await admin.impersonate({ userId, reason: 'Ticket 7' }),
        'Impersonation',
      );
      const inStead = visitor({
        fetch: (input, init) => {
          const headers = new Headers(init?.headers);
          headers.set('authorization', `Bearer ${accessToken}`);
          return fetch(input, { ...init, headers });
        },
      });
      const { user, actor } = await inStead.viewer();
      holds(user?.id === userId && actor?.id === (await admin.me())?.id, 'It is somebody else.');
      outcome(await inStead.updateProfile({ locale: 'de' }), 'User');
      holds((await refusal(inStead.changeEmail({ email: 'mine@example.com' }))) === 'FORBIDDEN', 'They may.');
    });
  },
};
