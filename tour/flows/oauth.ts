import { type Flow, holds, outcome } from '../flow.ts';

export const oauth: Flow = {
  name: 'social and enterprise OIDC',
  async run({ visitor, newcomer, address, provider, site, step }) {
    const redirectTo = `${site}/welcome`;
    const acme = { provider: provider.name, redirectTo };
    const email = address('ada');
    const ada = visitor();
    await step('the sign-in page learns what buttons to show', async () => {
      const names = (await ada.authProviders()).map(({ name }) => name);
      holds(names.includes(provider.name), `They are ${names}.`);
    });
    await step('the provider’s pages lead back with a code, and the code to a session, once', async () => {
      const { url } = outcome(await ada.signInWithOAuth(acme), 'ProviderRedirect');
      const code = await provider.signIn(url, { email, email_verified: true, name: 'Ada' });
      const { user } = outcome(await ada.exchangeCode(code), 'AuthSession');
      holds(user.email === email, 'It is somebody else.');
      holds((await visitor().exchangeCode(code)).__typename !== 'AuthSession', 'It was exchanged twice.');
    });
    await step('an application that has an ID token of the provider signs in with it', async () => {
      const { idToken, nonce } = await provider.idTokenOf(email);
      const input = { provider: provider.name, idToken, nonce };
      const { user } = outcome(await visitor().signInWithIdToken(input), 'AuthSession');
      holds(user.email === email, 'It is somebody else.');
    });
    await step('a provider is linked to an account, and unlinked again', async () => {
      const { client: grace, id } = await newcomer('grace');
      const { url } = outcome(await grace.linkIdentity(acme), 'ProviderRedirect');
      const code = await provider.signIn(url, { email: address('grace'), email_verified: true });
      const { user } = outcome(await grace.exchangeCode(code), 'AuthSession');
      holds(user.id === id, 'It is somebody else.');
      const linked = (await grace.identities())?.find((identity) => identity.provider === provider.name);
      holds(linked !== undefined, 'It is not linked.');
      outcome(await grace.unlinkIdentity({ identityId: linked.id }), 'IdentityUnlinked');
      holds((await grace.identities())?.length === 1, 'It is still linked.');
    });
  },
};
