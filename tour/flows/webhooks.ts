import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { type Flow, holds, outcome, refusal } from '../flow.ts';

export const webhooks: Flow = {
  name: 'webhooks',
  async run({ newcomer, administrator, step }) {
    const admin = await administrator();
    const receiver = await openReceiver();
    try {
      const input = { url: receiver.url, events: ['USER_DELETED' as const] };
      const { webhook, secret } = await step(
        'an administrator names a receiver, and nobody else',
        async () => {
          const { client } = await newcomer('grace');
          holds((await refusal(client.createWebhook(input))) === 'FORBIDDEN', 'Grace may.');
          return outcome(await admin.createWebhook(input), 'WebhookWithSecret');
        },
      );
      const { id } = webhook;
      const sent = await step('a test is signed with the secret, and says what came of it', async () => {
        const delivery = outcome(await admin.testWebhook({ id }), 'WebhookDelivery');
        holds(delivery.status === 'DELIVERED', `It is ${delivery.status}: ${delivery.lastError}`);
        receiver.verifyLast(secret);
        return delivery;
      });
      await step('after a rotation the old secret signs too', async () => {
        const rotated = outcome(await admin.rotateWebhookSecret({ id }), 'WebhookWithSecret');
        outcome(await admin.testWebhook({ id }), 'WebhookDelivery');
        receiver.verifyLast(secret);
        receiver.verifyLast(rotated.secret);
      });
      await step('what was sent can be sent once more', async () => {
        const again = outcome(await admin.redeliver({ id: sent.id }), 'WebhookDelivery');
        holds(again.eventId === sent.eventId, 'It is another event.');
        const { edges } = await admin.webhookDeliveries({ filter: { webhookId: id } });
        holds(edges[0]?.node.id === again.id, 'It is not in the list.');
      });
      await step('a receiver is switched off, and ends', async () => {
        outcome(await admin.updateWebhook({ id, isEnabled: false }), 'Webhook');
        outcome(await admin.deleteWebhook({ id }), 'WebhookDeleted');
        holds(
          (await admin.webhooks()).every((one) => one.id !== id),
          'It is still there.',
        );
      });
    } finally {
      await receiver.close();
    }
  },
};

async function openReceiver() {
  let last = { body: '', headers: {} as Record<string, string> };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    last = { body, headers: request.headers as Record<string, string> };
    response.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    verifyLast: (secret: string) => void new Webhook(secret).verify(last.body, last.headers),
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
