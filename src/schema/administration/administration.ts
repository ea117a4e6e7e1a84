/** What the mutations of operators have in common. */
import { OutrankedError, OwnAccountError } from '../../identity/administration/administration-errors.ts';
import { RateLimitedError, ServiceUnavailableError, UserNotFoundError } from '../../identity/errors.ts';
import type { InputFields } from '../sign-in/sign-in.ts';

export const userIdField = (t: InputFields) => ({
  userId: t.id({ required: true, description: 'A UUID. Anything else is an id nobody has.' }),
});

/** What can become of any of them. */
export const OPERATOR_OUTCOMES = [
  UserNotFoundError,
  OutrankedError,
  RateLimitedError,
  ServiceUnavailableError,
] as const;

/** And of those that nobody does to themselves. */
export const OTHERS_ONLY = [...OPERATOR_OUTCOMES, OwnAccountError] as const;

/** What every description of them ends in. */
export const WHOM =
  'Never for somebody who holds a role or a permission that the caller lacks. Holds at once, for the access tokens they already have too.';
