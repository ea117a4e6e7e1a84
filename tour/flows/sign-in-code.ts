import { codeIn, type Flow, holds, outcome, tokenHashIn } from '../flow.ts';

export const signInCode: Flow = {
  name: 'magic link and one-time code',
  async run({ visitor, newcomer, address, mailbox, step }) {
    const { email, id } = await newcomer('ada');
    await step('a request is answered alike for an address with an account and for one without', async () => {
      const known = outcome(await visitor().requestSignInCode({ email }), 'CodeSent');
      const nobody = address('nobody');
      const unknown = outcome(await visitor().requestSignInCode({ email: nobody }), 'CodeSent');
      holds(known.email === email && unknown.email === nobody, 'The answers differ.');
    });
    const mail = await mailbox.next(email, 'magic-link');
    await step('the code signs in, once', async () => {
      const { user } = outcome(await visitor().signInWithCode({ email, code: codeIn(mail) }), 'AuthSession');
      holds(user.id === id, 'It is somebody else.');
      outcome(await visitor().signInWithCode({ email, code: codeIn(mail) }), 'InvalidCodeError');
    });
    await step('the link does so as well, whoever looked at it before', async () => {
      outcome(await visitor().requestSignInCode({ email }), 'CodeSent');
      const { link } = await mailbox.next(email, 'magic-link');
      // As a mail scanner does.
      holds(link !== null && (await fetch(link)).ok, 'The link does not open.');
      outcome(await visitor().signInWithCode({ tokenHash: tokenHashIn({ link }) }), 'AuthSession');
    });
    await step('makes an account for a new address when asked to', async () => {
      const grace = address('grace');
      outcome(await visitor().requestSignInCode({ email: grace, createAccount: true }), 'CodeSent');
      const code = codeIn(await mailbox.next(grace, 'magic-link'));
      const session = outcome(await visitor().signInWithCode({ email: grace, code }), 'AuthSession');
      holds(session.user.email === grace, 'It is somebody else.');
    });
  },
};
