/** What Supabase says has changed in its own database, where Limen cannot look into that by itself. */
import type { JsonObject } from '../json.ts';

export interface UpstreamChange {
  readonly table: 'users' | 'sessions' | 'mfa_factors';
  /** The row as it was and as it is; null where there was, or is, none. Ids in them are UUIDs. */
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
}

export interface UpstreamChanges {
  /**
   * Tells every instance, and whoever is told by webhooks.
   * Of what came before, nobody is told by webhooks once more; and nobody at all, where that is certain.
   */
  receive(change: UpstreamChange, delivery: UpstreamDelivery): Promise<void>;
}

export interface UpstreamDelivery {
  /** The same for a repetition. */
  readonly id: string;
  /** False: two changes may have the same, as what was changed back and forth. */
  readonly isCertain: boolean;
}
