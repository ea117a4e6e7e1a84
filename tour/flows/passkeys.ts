import {
  FinishPasskeyRegistrationDocument,
  FinishPasskeySignInDocument,
  StartPasskeyRegistrationDocument,
  StartPasskeySignInDocument,
} from '../../src/client/client.ts';
import { createPasskeyAuthenticator } from '../../test/support/passkey-authenticator.ts';
import { type Flow, holds, outcome } from '../flow.ts';

/** In a browser each ceremony is one call: `registerPasskey` and `signInWithPasskey`. Here its halves, with an authenticator in between. */
export const passkeys: Flow = {
  name: 'passkeys',
  async run({ visitor, newcomer, site, step }) {
    const { client: ada, id } = await newcomer('ada');
    const laptop = createPasskeyAuthenticator(site);
    const passkey = await step('a signed-in person makes one, by a challenge that is good once', async () => {
      const started = await ada.request(StartPasskeyRegistrationDocument);
      const { challengeId, options } = outcome(
        started.startPasskeyRegistration,
        'PasskeyRegistrationChallenge',
      );
      const credential = laptop.create(options as never) as never;
      const finish = () =>
        ada.request(FinishPasskeyRegistrationDocument, {
          input: { challengeId, credential, name: 'Laptop' },
        });
      const made = outcome((await finish()).finishPasskeyRegistration, 'Passkey');
      holds((await finish()).finishPasskeyRegistration.__typename !== 'Passkey', 'It is made twice.');
      return made;
    });
    const signIn = async () => {
      const guest = visitor();
      const { startPasskeySignIn } = await guest.request(StartPasskeySignInDocument);
      const { challengeId, options } = outcome(startPasskeySignIn, 'PasskeySignInChallenge');
      const credential = laptop.get(options as never) as never;
      return (await guest.request(FinishPasskeySignInDocument, { input: { challengeId, credential } }))
        .finishPasskeySignIn;
    };
    await step('it signs in by itself, without an address', async () => {
      const { user } = outcome(await signIn(), 'AuthSession');
      holds(user.id === id, 'It is somebody else.');
    });
    await step('is renamed, and taken away, and then signs nobody in', async () => {
      outcome(await ada.renamePasskey({ id: passkey.id, name: 'Old laptop' }), 'Passkey');
      holds((await ada.passkeys())[0]?.name === 'Old laptop', 'It has the old name.');
      outcome(await ada.removePasskey({ id: passkey.id }), 'PasskeyRemoved');
      holds((await signIn()).__typename !== 'AuthSession', 'It still signs in.');
    });
  },
};
