import { type Flow, holds, outcome, PASSWORD, refusal } from '../flow.ts';

export const account: Flow = {
  name: 'onboarding, preferences and the end of an account',
  async run({ visitor, newcomer, step }) {
    const { client: ada, email } = await newcomer('ada');
    const laptop = visitor();
    outcome(await laptop.login({ email, password: PASSWORD }), 'AuthSession');
    await step('finishes her onboarding, and her other device has it at once', async () => {
      outcome(await ada.completeOnboarding({ industry: 'Engines', emailConsent: true }), 'User');
      holds((await laptop.me())?.onboarding.completed === true, 'It is not completed there.');
      holds(Boolean((await laptop.account())?.onboarding.emailConsentAt), 'The consent has no time.');
    });
    await step('changes preferences on two devices, and neither loses what the other wrote', async () => {
      await Promise.all([
        ada.updatePreferences({ preferences: { editor: { theme: 'dark' } } }),
        laptop.updatePreferences({ preferences: { editor: { size: 14 } } }),
      ]);
      const preferences = JSON.stringify((await ada.me())?.preferences);
      holds(preferences.includes('dark') && preferences.includes('14'), `There is ${preferences}.`);
    });
    await step('takes all that is kept about her along', async () => {
      const { data } = outcome(await ada.exportMyData(), 'PersonalData');
      holds(JSON.stringify(data).includes('Engines'), 'What she told is missing.');
    });
    await step('has nothing to call off', async () => {
      outcome(await ada.cancelAccountDeletion(), 'User');
      holds((await ada.account())?.deletionScheduledAt === null, 'A deletion is scheduled.');
    });
    await step('deletes her account with her password, and is signed out everywhere', async () => {
      outcome(await ada.deleteAccount({ currentPassword: 'not the password' }), 'InvalidCredentialsError');
      outcome(await ada.deleteAccount({ currentPassword: PASSWORD }), 'AccountDeleted');
      holds((await ada.me()) === null, 'Somebody is still signed in.');
      holds((await refusal(laptop.me())) === 'UNAUTHENTICATED', 'The other session goes on.');
      outcome(await visitor().login({ email, password: PASSWORD }), 'InvalidCredentialsError');
    });
  },
};
