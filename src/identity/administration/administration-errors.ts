/** The outcomes of acting on other people's accounts. */
import { UserError } from '../errors.ts';

/** The person holds a role or a permission that the caller lacks, or was to be given one. */
export class OutrankedError extends UserError {
  readonly code = 'OUTRANKED';
  constructor() {
    super('This takes a role or a permission that you do not hold yourself.');
  }
}

/** What operators do to others would lock them out, or get round what they must show, if they did it to themselves. */
export class OwnAccountError extends UserError {
  readonly code = 'OWN_ACCOUNT';
  constructor() {
    super('This is for the accounts of others. Change your own as everybody does.');
  }
}
