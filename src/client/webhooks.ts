/** Webhooks, for operators: callers with the permission `webhooks:write`. */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import {
  CreateWebhookDocument,
  type CreateWebhookInput,
  type CreateWebhookMutation,
  DeleteWebhookDocument,
  type DeleteWebhookInput,
  type DeleteWebhookMutation,
  RedeliverDocument,
  type RedeliverInput,
  type RedeliverMutation,
  RotateWebhookSecretDocument,
  type RotateWebhookSecretInput,
  type RotateWebhookSecretMutation,
  TestWebhookDocument,
  type TestWebhookInput,
  type TestWebhookMutation,
  UpdateWebhookDocument,
  type UpdateWebhookInput,
  type UpdateWebhookMutation,
  WebhookDeliveriesDocument,
  type WebhookDeliveriesQuery,
  type WebhookDeliveriesQueryVariables,
  type WebhookFieldsFragment,
  WebhooksDocument,
} from './generated/operations.ts';

export type Webhook = WebhookFieldsFragment;
export type WebhookDeliveries = WebhookDeliveriesQuery['webhookDeliveries'];
export type CreateWebhookResult = CreateWebhookMutation['createWebhook'];
export type UpdateWebhookResult = UpdateWebhookMutation['updateWebhook'];
export type RotateWebhookSecretResult = RotateWebhookSecretMutation['rotateWebhookSecret'];
export type DeleteWebhookResult = DeleteWebhookMutation['deleteWebhook'];
export type TestWebhookResult = TestWebhookMutation['testWebhook'];
export type RedeliverResult = RedeliverMutation['redeliver'];

export interface WebhookCalls {
  webhooks(): Promise<Webhook[]>;
  createWebhook(input: CreateWebhookInput): Promise<CreateWebhookResult>;
  updateWebhook(input: UpdateWebhookInput): Promise<UpdateWebhookResult>;
  rotateWebhookSecret(input: RotateWebhookSecretInput): Promise<RotateWebhookSecretResult>;
  deleteWebhook(input: DeleteWebhookInput): Promise<DeleteWebhookResult>;
  /** Waits up to ten seconds for the receiver's answer. */
  testWebhook(input: TestWebhookInput): Promise<TestWebhookResult>;
  /** The newest first. */
  webhookDeliveries(variables?: WebhookDeliveriesQueryVariables): Promise<WebhookDeliveries>;
  redeliver(input: RedeliverInput): Promise<RedeliverResult>;
}

/** As whoever is signed in. */
type Ask = <Data, Variables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) => Promise<Data>;

export function createWebhookCalls(ask: Ask): WebhookCalls {
  return {
    webhooks: async () => (await ask(WebhooksDocument, {})).webhooks,
    createWebhook: async (input) => (await ask(CreateWebhookDocument, { input })).createWebhook,
    updateWebhook: async (input) => (await ask(UpdateWebhookDocument, { input })).updateWebhook,
    rotateWebhookSecret: async (input) =>
      (await ask(RotateWebhookSecretDocument, { input })).rotateWebhookSecret,
    deleteWebhook: async (input) => (await ask(DeleteWebhookDocument, { input })).deleteWebhook,
    testWebhook: async (input) => (await ask(TestWebhookDocument, { input })).testWebhook,
    webhookDeliveries: async (variables = {}) =>
      (await ask(WebhookDeliveriesDocument, variables)).webhookDeliveries,
    redeliver: async (input) => (await ask(RedeliverDocument, { input })).redeliver,
  };
}
