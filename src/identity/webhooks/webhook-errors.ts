/** Outcomes of what is done to webhooks. */
import { UserError } from '../errors.ts';

export class WebhookNotFoundError extends UserError {
  readonly code = 'WEBHOOK_NOT_FOUND';
  constructor() {
    super('There is no such webhook.');
  }
}

export class WebhookDeliveryNotFoundError extends UserError {
  readonly code = 'WEBHOOK_DELIVERY_NOT_FOUND';
  constructor() {
    super('There is no such delivery.');
  }
}

export class TooManyWebhooksError extends UserError {
  readonly code = 'TOO_MANY_WEBHOOKS';
  constructor() {
    super('Remove a webhook before you add another one.');
  }
}
