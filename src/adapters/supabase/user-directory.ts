/** People by the admin API, which lists everybody, the newest first, by page numbers: what it cannot do is not supported here. */

import type {
  ListedUser,
  UserDirectory,
  UserPage,
  UserQuery,
} from '../../identity/administration/user-directory.ts';
import { NotSupportedError, ValidationError } from '../../identity/errors.ts';
import type { Calls } from './calls.ts';
import { outcomeOf } from './outcome.ts';
import { accountFromUser } from './user.ts';

const PER_PAGE = 200;
const MAX_POSITION = 1_000_000_000;

export class SupabaseUserDirectory implements UserDirectory {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /** A row's key is its number in the list: who signs up meanwhile moves everybody one on, and a row can come twice. */
  async page(query: UserQuery, { limit, after, before, inverted }: UserPage): Promise<ListedUser[]> {
    assertSupported(query);
    if (inverted || before) throw new NotSupportedError('USERS_BACKWARDS');
    const rows: ListedUser[] = [];
    let position = after ? positionOf(after[0]) + 1 : 0;
    while (rows.length < limit) {
      const { users } = await this.#list(Math.floor(position / PER_PAGE) + 1, PER_PAGE);
      for (const user of users.slice(position % PER_PAGE)) {
        if (!user.deleted_at) rows.push({ account: accountFromUser(user), key: [position, user.id] });
        position += 1;
      }
      if (users.length < PER_PAGE) break;
    }
    return rows.slice(0, limit);
  }

  /** The server counts the deleted as well. */
  async count(query: UserQuery): Promise<null> {
    assertSupported(query);
    return null;
  }

  async estimate(query: UserQuery): Promise<number> {
    assertSupported(query);
    const { total } = await this.#list(1, 1);
    return total;
  }

  async #list(page: number, perPage: number) {
    const answer = await this.#calls.asAdmin((auth) => auth.admin.listUsers({ page, perPage }));
    if (answer.error) throw outcomeOf(answer.error, answer.transport);
    return answer.data;
  }
}

/** @throws {NotSupportedError} */
function assertSupported({ filter, search, order }: UserQuery): void {
  if (Object.values(filter).some((value) => value != null)) throw new NotSupportedError('USER_FILTERS');
  if (search !== null) throw new NotSupportedError('USER_SEARCH');
  if (order.field !== 'CREATED_AT' || order.direction !== 'DESC') throw new NotSupportedError('USER_ORDER');
}

function positionOf(key: unknown): number {
  if (typeof key === 'number' && Number.isSafeInteger(key) && key >= 0 && key < MAX_POSITION) return key;
  throw new ValidationError([
    { path: ['after'], code: 'INVALID_FORMAT', message: 'No cursor of this list.' },
  ]);
}
