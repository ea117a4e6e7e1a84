import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHookCaller } from '../../src/adapters/hooks/hook-caller.ts';
import type { MailMessage, Message } from '../../src/adapters/mail/message.ts';
import { createHookDelivery } from '../../src/auth-server/hooks/hook-delivery.ts';
import { answering, startHookReceiver } from '../support/hook-receiver.ts';
import { ISSUER, newAddress, openAuthServer, type TestServer } from './support.ts';

describe('messages that hooks deliver', () => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer('PGlite');
  });
  afterAll(() => auth.close());

  async function startDelivery() {
    const hook = await startHookReceiver();
    const { database, clock, log } = auth.needs;
    const { target } = hook;
    const targets = { send_email: target, send_sms: target, after_user_created: target };
    const hooks = createHookCaller({ targets, database, clock, log });
    return { hook, delivery: createHookDelivery({ hooks, database, clock, issuer: ISSUER }) };
  }

  const mail = (
    userId: string,
    to: string,
    more: Partial<MailMessage> = {},
  ): MailMessage & { id: string } => ({
    channel: 'email',
    id: randomUUID(),
    template: 'magic-link',
    userId,
    to,
    locale: null,
    code: '483920',
    tokenHash: 'a-hash',
    link: 'https://id.example.com/verify',
    redirectTo: 'https://app.example.com/in',
    data: {},
    ...more,
  });

  test('a mail comes in the shape of Supabase Auth’s, under the id of the message', async () => {
    const { hook, delivery } = await startDelivery();
    const { id, email } = await auth.newPerson();
    const message = mail(id, email);
    await delivery.send(message);
    expect(hook.calls).toEqual([
      {
        path: '/hook',
        id: message.id,
        payload: {
          metadata: { uuid: message.id, time: expect.any(String), name: 'send-email' },
          user: expect.objectContaining({ id, email, aud: 'authenticated', identities: [expect.anything()] }),
          email_data: {
            token: '483920',
            token_hash: 'a-hash',
            redirect_to: 'https://app.example.com/in',
            email_action_type: 'magiclink',
            site_url: ISSUER,
            token_new: '',
            token_hash_new: '',
            old_email: '',
            old_phone: '',
            provider: '',
            factor_type: '',
          },
        },
      },
    ]);
    expect(JSON.stringify(hook.calls)).not.toContain('argon2');
  });

  test('of a change of address each half is for its own address, wherever a receiver looks for it', async () => {
    const { hook, delivery } = await startDelivery();
    const { id, email } = await auth.newPerson();
    const newEmail = newAddress();
    await auth.rows('update auth.users set email_change = $2 where id = $1', [id, newEmail]);
    const data = { oldEmail: email, newEmail };
    for (const [half, to] of [
      ['new', newEmail],
      ['current', email],
    ] as const) {
      await delivery.send(mail(id, to, { template: `email-change-${half}`, code: half, data }));
    }
    for (const [call, to, token] of [
      [hook.calls[0], newEmail, 'new'],
      [hook.calls[1], email, 'current'],
    ] as const) {
      const { user, email_data } = call!.payload;
      expect([user.email, user.new_email, email_data.token]).toEqual([to, to, token]);
      expect(email_data).toMatchObject({
        email_action_type: 'email_change',
        token_new: '',
        old_email: email,
      });
    }
  });

  test('a code by phone goes to the number it is for', async () => {
    const { hook, delivery } = await startDelivery();
    const { id } = await auth.newPerson();
    const message: Message & { id: string } = {
      channel: 'sms',
      id: randomUUID(),
      template: 'phone-code',
      userId: id,
      to: '15550100',
      locale: null,
      code: '483920',
    };
    await delivery.send(message);
    const { user, sms } = hook.calls[0]!.payload;
    expect([user.id, user.phone, sms]).toEqual([id, '15550100', { otp: '483920', phone: '15550100' }]);
  });

  test('an event comes as it was written, under its own id', async () => {
    const { hook, delivery } = await startDelivery();
    const uuid = randomUUID();
    const body = { metadata: { uuid }, user: { id: 'ada' } };
    await delivery.send({ channel: 'hook', to: 'after_user_created', body, id: randomUUID() });
    expect(hook.calls).toEqual([{ path: '/hook', id: uuid, payload: body }]);
  });

  test('what the hook does not take is not sent; about somebody who is gone there is nothing to send', async () => {
    const { hook, delivery } = await startDelivery();
    const { id, email } = await auth.newPerson();
    hook.behaves(answering(500));
    await expect(delivery.send(mail(id, email))).rejects.toThrow('status 500');
    hook.behaves(() => ({ error: { message: 'Out of stamps.' } }));
    await expect(delivery.send(mail(id, email))).rejects.toThrow('Out of stamps.');
    await delivery.send(mail(randomUUID(), email));
    expect(hook.calls).toHaveLength(2);
  });
});
