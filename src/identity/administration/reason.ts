import { ValidationError } from '../errors.ts';
import { codePointsIn, isStorable } from '../text.ts';

const MAX_CHARACTERS = 500;

/** Why an operator did something, for whoever reads it later. @throws {ValidationError} */
export function parseReason(text: string): string {
  const reason = text.trim();
  if (reason !== '' && isStorable(reason) && codePointsIn(reason) <= MAX_CHARACTERS) return reason;
  const message = `1 to ${MAX_CHARACTERS} characters.`;
  throw new ValidationError([{ path: ['reason'], code: 'INVALID_FORMAT', message }]);
}
