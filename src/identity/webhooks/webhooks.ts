/**
 * What may be done to webhooks, for callers with the permission `webhooks:write`. Whatever brings people's data to somebody takes `users:read`
 * as well: nobody gets by a webhook what they may not read.
 */
import { randomBytes } from 'node:crypto';
import { authorityOf, type Operator } from '../administration/authority.ts';
import type { AuthBackend } from '../auth-backend.ts';
import type { Clock } from '../clock.ts';
import { PermissionDeniedError } from '../denial.ts';
import { type FieldIssue, ValidationError } from '../errors.ts';
import { codePointsIn, isStorable } from '../text.ts';
import { isUuid } from '../uuid.ts';
import {
  type CheckReceiver,
  MAX_WEBHOOKS,
  type Webhook,
  type WebhookDelivery,
  type WebhookDeliveryFilter,
  type WebhookEvent,
  type WebhookSender,
  type WebhookSettings,
  type WebhookStore,
} from './webhook.ts';
import {
  TooManyWebhooksError,
  WebhookDeliveryNotFoundError,
  WebhookNotFoundError,
} from './webhook-errors.ts';

export interface Webhooks {
  readonly store: WebhookStore;
  readonly sender: WebhookSender;
  readonly checkReceiver: CheckReceiver;
}

interface Needs {
  readonly auth: AuthBackend;
  readonly webhooks: Webhooks;
}

/** Whoever chooses where people's data go shows that they still may, and their second factor if they have one. @throws {DeniedError} */
const assertMayWrite = ({ auth }: Needs, viewer: Operator) => authorityOf(auth, viewer, 'webhooks:write');

/** @throws {DeniedError} */
async function assertMayTell(needs: Needs, viewer: Operator): Promise<void> {
  const { isUnlimited, grants } = await assertMayWrite(needs, viewer);
  if (!isUnlimited && !grants.permissions.includes('users:read'))
    throw new PermissionDeniedError('users:read');
}

const MAX_DESCRIPTION_CHARACTERS = 200;
const SECRET_BYTES = 32;
/** How long receivers have to take a new secret. */
const OVERLAP_SECONDS = 86_400;

export interface WebhookWithSecret {
  readonly webhook: Webhook;
  /** `whsec_…`, as the Standard Webhooks libraries take it. Never shown again. */
  readonly secret: string;
}

/** Null and absent leave as it is what there is. */
export interface WebhookInput {
  url?: string | null | undefined;
  description?: string | null | undefined;
  events?: readonly WebhookEvent[] | null | undefined;
  includesUserMetadata?: boolean | null | undefined;
  isEnabled?: boolean | null | undefined;
}

/** @throws {ValidationError} @throws {TooManyWebhooksError} */
export async function createWebhook(
  needs: Needs,
  viewer: Operator,
  input: WebhookInput & { url: string; events: readonly WebhookEvent[] },
): Promise<WebhookWithSecret> {
  await assertMayTell(needs, viewer);
  const { webhooks } = needs;
  const settings = {
    description: null,
    includesUserMetadata: false,
    isEnabled: true,
    ...(await checked(webhooks, input)),
  } as WebhookSettings;
  const secret = newSecret();
  const webhook = await webhooks.store.create(settings, secret, MAX_WEBHOOKS);
  if (!webhook) throw new TooManyWebhooksError();
  return { webhook, secret };
}

/** @throws {ValidationError} @throws {WebhookNotFoundError} */
export async function updateWebhook(
  needs: Needs,
  viewer: Operator,
  { id, ...input }: WebhookInput & { id: string },
): Promise<Webhook> {
  await assertMayTell(needs, viewer);
  const { webhooks } = needs;
  const changes = await checked(webhooks, input);
  const webhook = isUuid(id) ? await webhooks.store.update(id, changes) : null;
  if (!webhook) throw new WebhookNotFoundError();
  // What waited while it was off.
  webhooks.sender.wake();
  return webhook;
}

/** @throws {WebhookNotFoundError} */
export async function rotateWebhookSecret(
  needs: Needs & { clock: Clock },
  viewer: Operator,
  id: string,
): Promise<WebhookWithSecret> {
  await assertMayWrite(needs, viewer);
  const { webhooks, clock } = needs;
  const secret = newSecret();
  const previousExpiresAt = new Date(clock().getTime() + OVERLAP_SECONDS * 1000);
  const webhook = isUuid(id) ? await webhooks.store.rotateSecret(id, secret, previousExpiresAt) : null;
  if (!webhook) throw new WebhookNotFoundError();
  return { webhook, secret };
}

/** @throws {WebhookNotFoundError} */
export async function deleteWebhook(needs: Needs, viewer: Operator, id: string): Promise<void> {
  await assertMayWrite(needs, viewer);
  const { webhooks } = needs;
  if (!isUuid(id) || !(await webhooks.store.delete(id))) throw new WebhookNotFoundError();
}

/**
 * Sends an event of the type `webhook.test` once, and answers what came of it.
 * @throws {WebhookNotFoundError}
 */
export async function testWebhook(needs: Needs, viewer: Operator, id: string): Promise<WebhookDelivery> {
  await assertMayWrite(needs, viewer);
  const { webhooks } = needs;
  const delivery = isUuid(id) ? await webhooks.store.addTest(id, { message: 'This is a test.' }) : null;
  if (!delivery) throw new WebhookNotFoundError();
  await webhooks.sender.attempt(delivery.id);
  return (await webhooks.store.delivery(delivery.id)) ?? delivery;
}

/** Null is as absent; an id that is none is one that nothing has. @throws {ValidationError} for a cursor of another list */
export async function findDeliveries(
  { webhooks }: Pick<Needs, 'webhooks'>,
  filter: { [Key in keyof WebhookDeliveryFilter]: WebhookDeliveryFilter[Key] | null } & {
    event?: WebhookEvent | null | undefined;
  },
  { below, above, ...page }: { limit: number; inverted: boolean; below?: unknown; above?: unknown },
): Promise<WebhookDelivery[]> {
  const { webhookId, userId, status, event } = filter;
  if ([webhookId, userId].some((id) => id != null && !isUuid(id))) return [];
  return webhooks.store.deliveries(
    {
      webhookId: webhookId ?? undefined,
      userId: userId ?? undefined,
      status: status ?? undefined,
      eventType: event ?? undefined,
    },
    { ...page, below: sequenceOf(below, 'after'), above: sequenceOf(above, 'before') },
  );
}

function sequenceOf(key: unknown, path: string): number | undefined {
  if (key === undefined || Number.isSafeInteger(key)) return key as number | undefined;
  throw new ValidationError([{ path: [path], code: 'INVALID_FORMAT', message: 'No cursor of this list.' }]);
}

/** @throws {WebhookDeliveryNotFoundError} */
export async function redeliver(needs: Needs, viewer: Operator, id: string): Promise<WebhookDelivery> {
  await assertMayTell(needs, viewer);
  const { webhooks } = needs;
  const delivery = isUuid(id) ? await webhooks.store.redeliver(id) : null;
  if (!delivery) throw new WebhookDeliveryNotFoundError();
  webhooks.sender.wake();
  return delivery;
}

const newSecret = () => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;

/** @throws {ValidationError} naming everything that is wrong */
async function checked(
  { checkReceiver }: Webhooks,
  { url, description, events, includesUserMetadata, isEnabled }: WebhookInput,
): Promise<Partial<WebhookSettings>> {
  const issues: FieldIssue[] = [];
  if (url != null) {
    const problem = await checkReceiver(url);
    if (problem) issues.push({ path: ['url'], ...problem });
  }
  if (description != null) {
    if (!isStorable(description)) {
      const message = 'A character here cannot be stored.';
      issues.push({ path: ['description'], code: 'INVALID_CHARACTER', message });
    }
    if (codePointsIn(description) > MAX_DESCRIPTION_CHARACTERS) {
      const message = `At most ${MAX_DESCRIPTION_CHARACTERS} characters.`;
      issues.push({ path: ['description'], code: 'TOO_LONG', message });
    }
  }
  if (events?.length === 0) {
    issues.push({ path: ['events'], code: 'CHOOSE_ONE', message: 'At least one event.' });
  }
  if (issues.length > 0) throw new ValidationError(issues);
  const given = {
    url,
    description,
    events: events && [...new Set(events)],
    includesUserMetadata,
    isEnabled,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value != null));
}
