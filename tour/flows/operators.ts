import { createAuthenticator } from '../authenticator.ts';
import { type Flow, holds, outcome, PASSWORD, refusal, tokenHashIn } from '../flow.ts';

/** What works wherever people live. */
export const operators: Flow = {
  name: 'operators',
  async run({ visitor, newcomer, administrator, address, phoneNumber, mailbox, step }) {
    const admin = await administrator();
    const { client: support, id: supportId } = await newcomer('support');
    const { client: ada, email, id: adaId } = await newcomer('ada');
    await step('an administrator gives permissions, which hold at once', async () => {
      holds(
        (await refusal(support.setUserTier({ userId: adaId, tier: 'pro' }))) === 'FORBIDDEN',
        'They may.',
      );
      const permissions = ['users:write', 'users:delete'];
      outcome(await admin.setUserPermissions({ userId: supportId, permissions }), 'User');
      outcome(await support.setUserTier({ userId: adaId, tier: 'pro' }), 'User');
      holds((await ada.me())?.tier === 'pro', 'Ada has no tier.');
    });
    await step('nobody reaches who holds more, nor acts on themselves', async () => {
      const { id = '' } = (await admin.me()) ?? {};
      outcome(await support.banUser({ userId: id }), 'OutrankedError');
      outcome(await support.deleteUser({ userId: id, mode: 'HARD' }), 'OutrankedError');
      outcome(await admin.banUser({ userId: id }), 'OwnAccountError');
      outcome(await admin.setUserRoles({ userId: id, roles: [] }), 'LastAdminError');
    });
    await step('an account is made and changed for somebody', async () => {
      const input = { email: address('grace'), phone: phoneNumber(), password: PASSWORD };
      const { id: userId } = outcome(await support.createUser(input), 'User');
      const moved = address('hopper');
      outcome(await support.updateUser({ userId, email: moved, profile: { displayName: 'G.' } }), 'User');
      const { user } = outcome(await visitor().login({ email: moved, password: PASSWORD }), 'AuthSession');
      holds(user.displayName === 'G.', 'The profile is another.');
    });
    await step('a password reset goes to the person alone', async () => {
      outcome(await support.sendPasswordReset({ userId: adaId }), 'CodeSent');
      const tokenHash = tokenHashIn(await mailbox.next(email, 'recovery'));
      outcome(await ada.resetPassword({ tokenHash, newPassword: `${PASSWORD}!` }), 'AuthSession');
    });
    await step('a lost second factor is taken away', async () => {
      const { factorId, secret } = outcome(await ada.enrollTotp({ name: 'lost' }), 'TotpEnrolment');
      const code = await createAuthenticator(secret)();
      outcome(await ada.verifyTotp({ factorId, code }), 'AuthSession');
      const reset = outcome(await support.resetMfa({ userId: adaId }), 'MfaReset');
      holds(reset.factorsRemoved === 1, `${reset.factorsRemoved} were removed.`);
      outcome(await ada.login({ email, password: `${PASSWORD}!` }), 'AuthSession');
    });
    await step('a ban is felt at once, and so is its end', async () => {
      outcome(await support.banUser({ userId: adaId, reason: 'Spam' }), 'User');
      holds((await refusal(ada.me())) === 'UNAUTHENTICATED', 'Ada is in.');
      outcome(await support.unbanUser({ userId: adaId }), 'User');
      outcome(await visitor().login({ email, password: `${PASSWORD}!` }), 'AuthSession');
    });
    await step('many at once have a result each', async () => {
      const userIds = [adaId, 'nobody'];
      const results = async (
        done: Promise<{ __typename: string; items?: { result: { __typename: string } | null }[] }>,
      ) => (await done).items?.map(({ result }) => result?.__typename).join(' ');
      const bulk = [
        await results(support.setUsersTier({ userIds, tier: null })),
        await results(support.banUsers({ userIds })),
        await results(support.unbanUsers({ userIds })),
      ];
      holds(
        bulk.every((types) => types === 'User UserNotFoundError'),
        `They are ${bulk}.`,
      );
      const deleted = await results(support.deleteUsers({ userIds, mode: 'SOFT' }));
      holds(deleted === 'UserDeleted UserNotFoundError', `They are ${deleted}.`);
      outcome(await support.deleteUser({ userId: adaId, mode: 'HARD' }), 'UserDeleted');
    });
  },
};
