import { codeIn, type Flow, holds, outcome, PASSWORD } from '../flow.ts';

export const phone: Flow = {
  name: 'change of phone',
  async run({ newcomer, phoneNumber, mailbox, step }) {
    const { client: ada, id } = await newcomer('ada');
    const number = phoneNumber();
    await step('a code goes to the number that is to be hers', async () => {
      const input = { phone: number, currentPassword: PASSWORD };
      outcome(await ada.changePhone(input), 'PhoneChangeRequested');
      holds((await ada.me())?.phone === null, 'It is hers already.');
    });
    await step('and makes it so, once', async () => {
      const code = codeIn(await mailbox.next(number, 'phone-code'));
      const { user } = outcome(await ada.verifyPhoneChange({ phone: number, code }), 'AuthSession');
      holds(user.id === id && number.endsWith(user.phone ?? 'nothing'), 'It is not.');
      outcome(await ada.verifyPhoneChange({ phone: number, code }), 'InvalidCodeError');
    });
  },
};
