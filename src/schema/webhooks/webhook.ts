/** Webhooks: other services that are told of what happens to people. The rules live in `identity/webhooks/webhooks.ts`. */
import { ValidationError } from '../../identity/errors.ts';
import { WEBHOOK_EVENTS, type Webhook, type WebhookEvent } from '../../identity/webhooks/webhook.ts';
import { TooManyWebhooksError, WebhookNotFoundError } from '../../identity/webhooks/webhook-errors.ts';
import {
  createWebhook,
  deleteWebhook,
  rotateWebhookSecret,
  updateWebhook,
  type WebhookWithSecret,
} from '../../identity/webhooks/webhooks.ts';
import { builder } from '../builder.ts';

const nameOf = (event: string) => event.toUpperCase().replace('.', '_');

export const WebhookEventEnum = builder.enumType('WebhookEvent', {
  description: 'What a webhook can be told of. In what is sent, `USER_CREATED` is `user.created`.',
  values: Object.fromEntries(
    Object.entries(WEBHOOK_EVENTS).map(([event, description]) => [
      nameOf(event),
      { value: event as WebhookEvent, description },
    ]),
  ),
});

export const WebhookRef = builder.objectRef<Webhook>('Webhook').implement({
  description: 'A service that is told of what happens to people, by signed requests (Standard Webhooks).',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'includesUserMetadata' in value,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID.' }),
    url: t.exposeString('url', { description: 'Where the requests go.' }),
    description: t.exposeString('description', { nullable: true, description: 'A note of the operator’s.' }),
    events: t.field({
      type: [WebhookEventEnum],
      description: 'What it is told of.',
      resolve: ({ events }) => [...events],
    }),
    includesUserMetadata: t.exposeBoolean('includesUserMetadata', {
      description: 'Whether it is shown `user_metadata`, and told when nothing else has changed.',
    }),
    isEnabled: t.exposeBoolean('isEnabled', {
      description:
        'While false, nothing is sent: what happens is not kept for it, and what waited already goes on waiting.',
    }),
    failingSince: t.expose('failingSince', {
      type: 'DateTime',
      nullable: true,
      description:
        'Since when every attempt has failed. Null: the last one was answered 2xx, or there was none; or it was switched on, or got its address, since.',
    }),
    disabledAt: t.expose('disabledAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When Limen switched it off, as nothing had been answered 2xx for 5 days. `updateWebhook` with `isEnabled: true` sends what waits. Null: it is on, or somebody switched it off.',
    }),
    previousSecretExpiresAt: t.expose('previousSecretExpiresAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'Until then each request carries a signature of the secret before, too. Null: of one alone.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
  }),
});

const WebhookWithSecretRef = builder.objectRef<WebhookWithSecret>('WebhookWithSecret').implement({
  description: 'A webhook, and the secret that its receiver checks signatures with.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'secret' in value && 'webhook' in value,
  fields: (t) => ({
    webhook: t.expose('webhook', { type: WebhookRef, description: 'The webhook.' }),
    secret: t.exposeString('secret', {
      description: '`whsec_…`, as the libraries of Standard Webhooks take it. Shown this once: keep it.',
    }),
  }),
});

const WEBHOOKS_WRITE = { permission: 'webhooks:write' } as const;
/** For whatever brings people's data to somebody. */
export const TELLS_OF_PEOPLE = { permission: ['webhooks:write', 'users:read'] } as const;

builder.queryField('webhooks', (t) =>
  t.withAuth(WEBHOOKS_WRITE).field({
    type: [WebhookRef],
    skipTypeScopes: true,
    description:
      'With the permission `webhooks:write`: all webhooks, the oldest first. There are 20 at most.',
    resolve: (_root, _args, { services }) => services.webhooks.store.list(),
  }),
);

const URL_DESCRIPTION =
  'An address that starts with `https://`; outside production `http://` will do. Redirects are not followed. One that leads to this machine or its network is refused, now and at each request, unless the operator allows it (`WEBHOOK_ALLOW_PRIVATE`).';
const EVENTS_DESCRIPTION = 'What it shall be told of; at least one.';
const METADATA_DESCRIPTION = 'Whether it shall be shown `user_metadata`, what people wrote about themselves.';

const CreateWebhookInput = builder.inputType('CreateWebhookInput', {
  description: 'Who shall be told, and of what.',
  fields: (t) => ({
    url: t.string({ required: true, description: URL_DESCRIPTION }),
    events: t.field({ type: [WebhookEventEnum], required: true, description: EVENTS_DESCRIPTION }),
    description: t.string({ description: 'A note for operators, at most 200 characters.' }),
    includesUserMetadata: t.boolean({ description: `${METADATA_DESCRIPTION} Left out: no.` }),
    isEnabled: t.boolean({ description: 'Whether to begin at once. Left out: yes.' }),
  }),
});

const CreateWebhookResult = builder.errorUnion('CreateWebhookResult', {
  description: 'The webhook with its secret, or why there is none.',
  types: [WebhookWithSecretRef, ValidationError, TooManyWebhooksError],
});

builder.mutationField('createWebhook', (t) =>
  t.withAuth(TELLS_OF_PEOPLE).field({
    type: CreateWebhookResult,
    skipTypeScopes: true,
    description:
      'With the permissions `webhooks:write` and `users:read`: tells a service of what happens from now on. Try it with `testWebhook`.',
    args: { input: t.arg({ type: CreateWebhookInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => createWebhook(services, viewer, input),
  }),
);

const UpdateWebhookInput = builder.inputType('UpdateWebhookInput', {
  description: 'What shall change; what is left out or null stays.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'From `webhooks`.' }),
    url: t.string({ description: URL_DESCRIPTION }),
    events: t.field({
      type: [WebhookEventEnum],
      description: `${EVENTS_DESCRIPTION} Replaces what there was.`,
    }),
    description: t.string({ description: 'A note for operators, at most 200 characters.' }),
    includesUserMetadata: t.boolean({ description: METADATA_DESCRIPTION }),
    isEnabled: t.boolean({ description: 'See `Webhook.isEnabled`.' }),
  }),
});

const UpdateWebhookResult = builder.errorUnion('UpdateWebhookResult', {
  description: 'The webhook as it is now, or why nothing changed.',
  types: [WebhookRef, ValidationError, WebhookNotFoundError],
});

builder.mutationField('updateWebhook', (t) =>
  t.withAuth(TELLS_OF_PEOPLE).field({
    type: UpdateWebhookResult,
    skipTypeScopes: true,
    description:
      'With the permissions `webhooks:write` and `users:read`: changes a webhook. What waits already is sent to the new address.',
    args: { input: t.arg({ type: UpdateWebhookInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => updateWebhook(services, viewer, input),
  }),
);

const WebhookIdInput = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({ id: t.id({ required: true, description: 'From `webhooks`.' }) }),
  });

const RotateWebhookSecretResult = builder.errorUnion('RotateWebhookSecretResult', {
  description: 'The webhook with its new secret, or why it keeps the old one.',
  types: [WebhookWithSecretRef, WebhookNotFoundError],
});

builder.mutationField('rotateWebhookSecret', (t) =>
  t.withAuth(WEBHOOKS_WRITE).field({
    type: RotateWebhookSecretResult,
    skipTypeScopes: true,
    description:
      'With the permission `webhooks:write`: makes a new secret. For 24 hours requests carry signatures of both, so that the receiver can take its time. To be rid of a stolen secret at once, rotate twice.',
    args: {
      input: t.arg({
        type: WebhookIdInput('RotateWebhookSecretInput', 'Which webhook gets a new secret.'),
        required: true,
      }),
    },
    resolve: (_root, { input }, { services, viewer }) => rotateWebhookSecret(services, viewer, input.id),
  }),
);

interface WebhookDeleted {
  deletedWebhookId: string;
}

const WebhookDeletedRef = builder.objectRef<WebhookDeleted>('WebhookDeleted').implement({
  description: 'The webhook is gone, with its secret and all its deliveries.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'deletedWebhookId' in value,
  fields: (t) => ({ id: t.exposeID('deletedWebhookId', { description: 'Which it was.' }) }),
});

const DeleteWebhookResult = builder.errorUnion('DeleteWebhookResult', {
  description: 'That it is gone, or why it is not.',
  types: [WebhookDeletedRef, WebhookNotFoundError],
});

builder.mutationField('deleteWebhook', (t) =>
  t.withAuth(WEBHOOKS_WRITE).field({
    type: DeleteWebhookResult,
    skipTypeScopes: true,
    description:
      'With the permission `webhooks:write`: ends a webhook. What waits for it is not sent any more; what is on its way may still arrive.',
    args: {
      input: t.arg({ type: WebhookIdInput('DeleteWebhookInput', 'Which webhook ends.'), required: true }),
    },
    resolve: async (_root, { input }, { services, viewer }) => {
      await deleteWebhook(services, viewer, input.id);
      return { deletedWebhookId: input.id };
    },
  }),
);
