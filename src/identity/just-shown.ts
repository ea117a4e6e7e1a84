/** The one notion of a session whose person has just shown who they are. */
/** How long what was shown stands for a password. Long enough to think of a new one. */
const JUST_MS = 15 * 60_000;

/**
 * Whether the person of a session has shown within the last 15 minutes who they are. A session's methods outlive its tokens, and a refresh
 * is none of them: so what counts is when they were shown, and not when the token was issued.
 *
 * @param shown as access tokens have them (`amr`), in seconds since 1970
 * @param counts the methods that do; null: all
 */
export function hasJustShown(
  shown: readonly { method: string; timestamp: number }[],
  now: Date,
  counts: ReadonlySet<string> | null = null,
): boolean {
  return shown.some(
    ({ method, timestamp }) =>
      (counts === null || counts.has(method)) && now.getTime() - timestamp * 1000 < JUST_MS,
  );
}
