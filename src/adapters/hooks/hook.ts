/** Hooks: code of the operator's that the auth server asks at certain points. Names and payloads are Supabase Auth's. */
import type { JsonObject } from '../../identity/json.ts';

export const HOOK_NAMES = [
  'custom_access_token',
  'send_email',
  'send_sms',
  'before_user_created',
  'after_user_created',
  'password_verification_attempt',
  'mfa_verification_attempt',
] as const;

export type HookName = (typeof HOOK_NAMES)[number];

/** Where a hook lives. Secrets as the Standard Webhooks library takes them, `whsec_…`; each signs, so that one can replace another. */
export type HookTarget =
  | { readonly kind: 'http'; readonly url: string; readonly secrets: readonly string[] }
  | { readonly kind: 'postgres'; readonly schema: string; readonly function: string };

/** A hook that is not here is off. */
export type HookTargets = { readonly [Name in HookName]?: HookTarget };

/** What is sent: the body, and the id that stays the same when the same thing is sent again. */
export interface HookMessage {
  readonly id: string;
  readonly body: string;
}

export interface Hooks {
  isOn(name: HookName): boolean;
  /**
   * What the hook answered; an empty object where it answered nothing. Never inside a transaction: a hook may take seconds.
   * @param id by which a receiver knows what it has seen before; where the caller tries again later, the same one each time
   * @throws {HookRefusal} when the hook says no, {HookFailure} when there is no usable answer
   */
  call(name: HookName, payload: object, id: string): Promise<JsonObject>;
}

/** The hook answered `{ error: { http_code, message } }`. The message is meant for whoever made the request. */
export class HookRefusal extends Error {
  override readonly name = 'HookRefusal';
  /** Null where the hook names none. */
  readonly httpCode: number | null;

  constructor(httpCode: number | null, message: string) {
    super(message);
    this.httpCode = httpCode;
  }
}

/** In Supabase Auth's words, but for `unusable`, which is everything else. */
export type HookFailureReason =
  | 'hook_timeout'
  | 'hook_timeout_after_retry'
  | 'hook_payload_over_size_limit'
  | 'hook_payload_invalid_content_type'
  | 'unusable';

/** The hook could not be asked, or its answer is none. `detail` is for the log, and quotes nothing that was sent or received. */
export class HookFailure extends Error {
  override readonly name = 'HookFailure';
  readonly reason: HookFailureReason;
  readonly detail: string;

  constructor(reason: HookFailureReason, detail: string) {
    super(`The hook gave no usable answer: ${detail}.`);
    this.reason = reason;
    this.detail = detail;
  }
}
