/** What webhooks were told, or shall be. */
import { decodeCursor } from '../../identity/page.ts';
import type { WebhookDelivery } from '../../identity/webhooks/webhook.ts';
import {
  WebhookDeliveryNotFoundError,
  WebhookNotFoundError,
} from '../../identity/webhooks/webhook-errors.ts';
import { findDeliveries, redeliver, testWebhook } from '../../identity/webhooks/webhooks.ts';
import { builder } from '../builder.ts';
import { resolvePage } from '../connection.ts';
import { TELLS_OF_PEOPLE, WebhookEventEnum } from './webhook.ts';

const WebhookDeliveryStatus = builder.enumType('WebhookDeliveryStatus', {
  description: 'How far a delivery is.',
  values: {
    PENDING: { value: 'pending', description: 'To be sent, or to be tried again at `nextAttemptAt`.' },
    DELIVERED: { value: 'delivered', description: 'The receiver answered 2xx. Kept for 7 days.' },
    DEAD: {
      value: 'dead',
      description:
        'Given up, after 11 attempts in a little more than a day. Kept for 30 days: see `redeliver`.',
    },
  } as const,
});

const WebhookDeliveryRef = builder.objectRef<WebhookDelivery>('WebhookDelivery').implement({
  description: 'One event, for one webhook.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'eventType' in value,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID, of this delivery alone.' }),
    webhookId: t.exposeID('webhookId', { description: 'To whom.' }),
    eventId: t.exposeID('eventId', {
      description: 'What the receiver sees as `webhook-id`: the same whenever the event is sent.',
    }),
    eventType: t.exposeString('eventType', {
      description: 'As the receiver sees it: `user.created`, say, or `webhook.test`.',
    }),
    occurredAt: t.expose('occurredAt', { type: 'DateTime', description: 'When what it tells of happened.' }),
    userId: t.exposeID('userId', { nullable: true, description: 'About whom; null of a test.' }),
    status: t.expose('status', { type: WebhookDeliveryStatus, description: 'How far it is.' }),
    attempts: t.exposeInt('attempts', { description: 'How often it was begun to be sent.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    attemptedAt: t.expose('attemptedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the last attempt began; null before the first.',
    }),
    nextAttemptAt: t.expose('nextAttemptAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When it is tried again. Null: it is on its way now, or comes as soon as what waits before it for this person is delivered or dead; or never, if it is over.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was delivered or given up; null before.',
    }),
    responseStatus: t.exposeInt('responseStatus', {
      nullable: true,
      description: 'The status of the last answer; null if there was none.',
    }),
    responseBody: t.exposeString('responseBody', {
      nullable: true,
      description: 'The first kilobyte of the last answer, as the receiver wrote it: do not show it as HTML.',
    }),
    lastError: t.exposeString('lastError', {
      nullable: true,
      description: 'For people: why the last attempt failed. Null when it did not.',
    }),
  }),
});

const WebhookDeliveryFilter = builder.inputType('WebhookDeliveryFilter', {
  description: 'What must all be true of a delivery. An empty filter is true of all.',
  fields: (t) => ({
    webhookId: t.id({ description: 'For this webhook.' }),
    userId: t.id({ description: 'About this person.' }),
    status: t.field({ type: WebhookDeliveryStatus, description: 'So far. `DEAD` is the dead-letter list.' }),
    event: t.field({ type: WebhookEventEnum, description: 'Of this event.' }),
  }),
});

builder.queryField('webhookDeliveries', (t) =>
  t.withAuth(TELLS_OF_PEOPLE).connection(
    {
      type: WebhookDeliveryRef,
      skipTypeScopes: true,
      description:
        'With the permissions `webhooks:write` and `users:read`: what webhooks were told and shall be, the newest first.',
      args: {
        filter: t.arg({ type: WebhookDeliveryFilter, description: 'Which deliveries. Left out: all.' }),
      },
      resolve: (_root, { filter, ...args }, { services }) =>
        resolvePage(
          args,
          ({ sequence }: WebhookDelivery) => [sequence],
          ({ after, before, limit, inverted }) =>
            findDeliveries(services, filter ?? {}, {
              limit,
              inverted,
              below: after === undefined ? undefined : decodeCursor(after, 1)[0],
              above: before === undefined ? undefined : decodeCursor(before, 1, 'before')[0],
            }),
        ),
    },
    { name: 'WebhookDeliveryConnection', description: 'A page of deliveries.' },
    { name: 'WebhookDeliveryEdge', description: 'A delivery, and where it stands in the list.' },
  ),
);

const TestWebhookInput = builder.inputType('TestWebhookInput', {
  description: 'Which webhook to try.',
  fields: (t) => ({ id: t.id({ required: true, description: 'From `webhooks`.' }) }),
});

const TestWebhookResult = builder.errorUnion('TestWebhookResult', {
  description: 'What came of it, or why nothing was sent.',
  types: [WebhookDeliveryRef, WebhookNotFoundError],
});

builder.mutationField('testWebhook', (t) =>
  t.withAuth({ permission: 'webhooks:write' }).field({
    type: TestWebhookResult,
    skipTypeScopes: true,
    description:
      'With the permission `webhooks:write`: sends an event of the type `webhook.test` now, once, to an enabled webhook or one that is not, and waits up to 10 s for the answer: see `status`, `responseStatus` and `lastError`.',
    args: { input: t.arg({ type: TestWebhookInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => testWebhook(services, viewer, input.id),
  }),
);

const RedeliverInput = builder.inputType('RedeliverInput', {
  description: 'What to send once more.',
  fields: (t) => ({ id: t.id({ required: true, description: 'From `webhookDeliveries`.' }) }),
});

const RedeliverResult = builder.errorUnion('RedeliverResult', {
  description: 'What will be sent, or why nothing is.',
  types: [WebhookDeliveryRef, WebhookDeliveryNotFoundError],
});

builder.mutationField('redeliver', (t) =>
  t.withAuth(TELLS_OF_PEOPLE).field({
    type: RedeliverResult,
    skipTypeScopes: true,
    description:
      'With the permissions `webhooks:write` and `users:read`: sends an event once more. What is over is made anew, behind whatever else waits for its person, under the same `webhook-id`; what waits for its next attempt is tried at once.',
    args: { input: t.arg({ type: RedeliverInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => redeliver(services, viewer, input.id),
  }),
);
