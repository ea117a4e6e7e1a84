/** How this installation learns that a token in use no longer tells the truth. */
export interface Freshness {
  readonly source: 'database' | 'webhooks' | 'own-writes';
  /** Seconds until whatever was changed, by whomever, holds for every token. Most of it holds much sooner. */
  readonly boundSeconds: number;
}
