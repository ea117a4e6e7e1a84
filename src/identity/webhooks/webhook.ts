/** Other services that are told, by signed requests, of what happens to people. */
import type { JsonObject } from '../json.ts';

/** What may have happened, with what that means. The names never change their meaning. */
export const WEBHOOK_EVENTS = {
  'user.created': 'An account was made. Its address may still have to be confirmed.',
  'user.updated':
    'What receivers are shown of the person has changed. `data.old` holds the earlier values of what changed.',
  'user.deleted':
    'The account is gone; `data.user` is as it was before. With `data.soft` its row is kept without personal data.',
  'user.confirmed': 'The first address of the account, or its number, is known to be theirs.',
  'user.banned':
    'The account is banned, until `data.user.banned_until`. That a ban ends by its time is not told.',
  'user.unbanned': 'A ban was taken back.',
  'email.changed': 'The e-mail address changed; `data.old.email` is the earlier one.',
  'phone.changed': 'The phone number changed; `data.old.phone` is the earlier one.',
  'password.changed': 'The password was set or changed. Nothing is told of either.',
  'role.changed':
    'The roles, permissions or tier in `app_metadata` changed; `data.old` holds the earlier ones.',
  'session.started': 'Somebody signed in; `data.session` says where.',
  'session.ended': 'A session is over: logged out, revoked, expired or deleted with its person.',
} as const;

export type WebhookEvent = keyof typeof WEBHOOK_EVENTS;

/** Each has places of its own among the requests that are under way. */
export const MAX_WEBHOOKS = 20;

/** An endpoint that asked for it; sent by `testWebhook` alone. */
export const TEST_EVENT = 'webhook.test';

export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly description: string | null;
  readonly events: readonly WebhookEvent[];
  readonly includesUserMetadata: boolean;
  /** While it is not, nothing new is kept for it, and what waits goes on waiting. */
  readonly isEnabled: boolean;
  /** Since when every attempt has failed; null: the last was good, or there was none. */
  readonly failingSince: Date | null;
  /** When it was switched off because of that; null where it is on, or somebody did it. */
  readonly disabledAt: Date | null;
  /** Until then the secret before the present one signs too; null where there is none. */
  readonly previousSecretExpiresAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type WebhookDeliveryStatus = 'pending' | 'delivered' | 'dead';

export interface WebhookDelivery {
  readonly id: string;
  /** The order in which they were made. */
  readonly sequence: number;
  readonly webhookId: string;
  /** The `webhook-id` that the receiver sees: the same whenever, and to whomever, the event is sent. */
  readonly eventId: string;
  readonly eventType: string;
  readonly occurredAt: Date;
  /** Null: the event is about nobody. */
  readonly userId: string | null;
  readonly status: WebhookDeliveryStatus;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly attemptedAt: Date | null;
  /** Null: as soon as its turn comes, or never again. */
  readonly nextAttemptAt: Date | null;
  /** When it was delivered, or given up. */
  readonly finishedAt: Date | null;
  readonly responseStatus: number | null;
  /** The first kilobyte. */
  readonly responseBody: string | null;
  /** Why the last attempt failed, in a few words. */
  readonly lastError: string | null;
}

export interface WebhookDeliveryFilter {
  readonly webhookId?: string | undefined;
  readonly userId?: string | undefined;
  readonly status?: WebhookDeliveryStatus | undefined;
  readonly eventType?: string | undefined;
}

export interface WebhookSettings {
  readonly url: string;
  readonly description: string | null;
  readonly events: readonly WebhookEvent[];
  readonly includesUserMetadata: boolean;
  readonly isEnabled: boolean;
}

export interface WebhookStore {
  /** The oldest first. */
  list(): Promise<Webhook[]>;
  /** Null when there are `most` already. */
  create(settings: WebhookSettings, secret: string, most: number): Promise<Webhook | null>;
  /** Only what is present changes. Null: there is none of that id. */
  update(id: string, changes: Partial<WebhookSettings>): Promise<Webhook | null>;
  /** The present secret becomes the previous one until then. Null: there is none of that id. */
  rotateSecret(id: string, secret: string, previousExpiresAt: Date): Promise<Webhook | null>;
  /** With all that waits for it. */
  delete(id: string): Promise<boolean>;
  /** The newest first, unless inverted; between two sequences, where they are given. */
  deliveries(
    filter: WebhookDeliveryFilter,
    page: { limit: number; inverted: boolean; below?: number | undefined; above?: number | undefined },
  ): Promise<WebhookDelivery[]>;
  /**
   * What waits is due at once; what is over is made anew, behind whatever else waits for its person. Null: there is none of that id, or
   * nobody to send it to.
   */
  redeliver(id: string): Promise<WebhookDelivery | null>;
  delivery(id: string): Promise<WebhookDelivery | null>;
  /** Makes an event of type `webhook.test`. Null: there is no webhook of that id. */
  addTest(webhookId: string, data: JsonObject): Promise<WebhookDelivery | null>;
}

/** What the rules need of whoever sends. */
export interface WebhookSender {
  /** Something is due. */
  wake(): void;
  /** Sends one delivery now, if nobody is at it and there is room, and resolves when it was answered or failed. */
  attempt(deliveryId: string): Promise<void>;
}

export interface WebhookProblem {
  readonly code: 'INVALID_FORMAT' | 'TOO_LONG' | 'HTTPS_REQUIRED' | 'PRIVATE_ADDRESS';
  readonly message: string;
}

/** Null for an address that may be sent to. */
export type CheckReceiver = (url: string) => Promise<WebhookProblem | null>;
