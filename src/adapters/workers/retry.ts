/** When what failed is tried again, and what is not left to fail. */

const FIRST_SECONDS = 5;
const LONGEST_SECONDS = 15 * 60;

/**
 * Twice as long each time, and half of it by chance: what failed together does not come back together.
 * @param attempts those that were, at least one
 */
export function retryAfterSeconds(attempts: number): number {
  const longest = Math.min(FIRST_SECONDS * 2 ** (attempts - 1), LONGEST_SECONDS);
  return longest / 2 + Math.random() * (longest / 2);
}

/** For what was sent and cannot be taken back: were that not written down, it would be sent once more. */
export async function untilWritten(write: () => Promise<void>): Promise<void> {
  for (const waitMs of [100, 1000, 5000]) {
    try {
      return await write();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
  await write();
}
