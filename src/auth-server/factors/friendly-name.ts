import { optionalText } from '../protocol/body.ts';

const MAX_CHARACTERS = 100;

/** What a person calls a factor. */
export const friendlyName = optionalText.refine(
  (name) => (name ?? '').length <= MAX_CHARACTERS,
  `at most ${MAX_CHARACTERS} characters`,
);
