/**
 * The passwords that are tried first. The list is zxcvbn's, kept up by zxcvbn-ts (MIT, drawn from published breaches): 18,000 of at least
 * eight characters, where the packages made for this purpose carry a few hundred, or have been left alone for years.
 */
import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);
const ONE_CHARACTER_REPEATED = /^(.)\1*$/su;

let common: ReadonlySet<string> | undefined;

/** Case makes no difference. The first call reads the list: 30 ms, and 10 MB from then on, which a start without sign-ups is spared. */
export function isCommonPassword(password: string): boolean {
  common ??= readList();
  const folded = password.toLowerCase();
  return common.has(folded) || ONE_CHARACTER_REPEATED.test(folded);
}

function readList(): ReadonlySet<string> {
  const { dictionary } = load('@zxcvbn-ts/language-common') as typeof import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common']);
}
