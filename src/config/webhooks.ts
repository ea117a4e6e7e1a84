/** Other services that are told of what happens to people. */
import { onOff, secret, type Values } from './values.ts';

export interface WebhookConfig {
  /** Whether they may be on this machine, or in its network. */
  readonly allowPrivate: boolean;
  /** Whether what leaves the own network must be encrypted. */
  readonly requireTls: boolean;
  /** What secrets are sealed with in the database; null: they lie there as they are. */
  readonly secretKey: string | null;
}

export const webhookVariables = {
  WEBHOOK_ALLOW_PRIVATE: onOff.default(false),
  WEBHOOK_SECRET_KEY: secret.optional(),
};

/** Of what is allowed in production and seldom meant. */
export function webhookWarnings(env: Values<typeof webhookVariables>, production: boolean): string[] {
  if (!production || env.WEBHOOK_SECRET_KEY) return [];
  return ['WEBHOOK_SECRET_KEY is not set: whoever reads the database can sign webhooks as Limen'];
}

export function webhookConfig(env: Values<typeof webhookVariables>, production: boolean): WebhookConfig {
  return {
    allowPrivate: env.WEBHOOK_ALLOW_PRIVATE,
    requireTls: production,
    secretKey: env.WEBHOOK_SECRET_KEY ?? null,
  };
}
