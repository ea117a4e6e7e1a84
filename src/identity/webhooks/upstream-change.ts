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
   * @param id by which a repetition is known: it makes nobody be told twice
   */
  receive(change: UpstreamChange, id: string): Promise<void>;
}
