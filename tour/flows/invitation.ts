import { type Flow, holds, outcome, PASSWORD, refusal, tokenHashIn } from '../flow.ts';

export const invitation: Flow = {
  name: 'invitations and admin links',
  async run({ visitor, newcomer, administrator, address, authUrl, mailbox, step }) {
    const admin = await administrator();
    const email = address('ada');
    await step('an administrator invites, and nobody else', async () => {
      const { client } = await newcomer('grace');
      holds((await refusal(client.inviteUser({ email }))) === 'FORBIDDEN', 'Grace may.');
      outcome(await admin.inviteUser({ email, profile: { displayName: 'Ada' } }), 'User');
    });
    await step('whoever has the mail sets a password and is signed in, once', async () => {
      const tokenHash = tokenHashIn(await mailbox.next(email, 'invite'));
      const input = { tokenHash, newPassword: PASSWORD };
      const { user } = outcome(await visitor().acceptInvitation(input), 'AuthSession');
      holds(user.email === email && user.displayName === 'Ada', 'It is somebody else.');
      outcome(await visitor().acceptInvitation(input), 'InvalidCodeError');
      outcome(await visitor().login({ email, password: PASSWORD }), 'AuthSession');
    });
    await step(
      'a link to hand over by other means is on the host of the configuration, and signs in',
      async () => {
        const { url, tokenHash } = outcome(
          await admin.generateLink({ type: 'MAGIC_LINK', email }),
          'ActionLink',
        );
        holds(url.startsWith(`${authUrl}/`), `It leads to ${url}.`);
        outcome(await visitor().signInWithCode({ tokenHash }), 'AuthSession');
      },
    );
  },
};
