import { type FieldIssue, ValidationError } from '../errors.ts';

export const MAX_BULK = 100;

/** What became of one of many. */
export interface BulkItem<Result> {
  readonly userId: string;
  /** Throws what kept it from happening. */
  readonly outcome: () => Result;
}

/**
 * The same for each, one after the other; what goes wrong with one loses none of the others. Whoever is named twice is done once.
 * @throws {ValidationError} for more than 100
 */
export async function forEachUser<Result>(
  userIds: readonly string[],
  act: (userId: string) => Promise<Result>,
): Promise<BulkItem<Result>[]> {
  if (userIds.length > MAX_BULK) {
    const issue: FieldIssue = { path: ['userIds'], code: 'TOO_MANY', message: `At most ${MAX_BULK} people.` };
    throw new ValidationError([issue]);
  }
  const items: BulkItem<Result>[] = [];
  for (const userId of new Set(userIds)) {
    const [settled] = await Promise.allSettled([act(userId)]);
    items.push({ userId, outcome: () => unwrap(settled) });
  }
  return items;
}

function unwrap<Value>(settled: PromiseSettledResult<Value>): Value {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}
