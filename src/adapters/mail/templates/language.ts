/** The best of the languages there are for somebody's wish: RFC 4647, section 3.4 (lookup). */

/** @param wish a BCP 47 tag, however spelt; nonsense and null are nobody's wish */
export function languageFor(wish: string | null, has: (language: string) => boolean): string | null {
  for (let tag = canonical(wish); tag !== ''; tag = shortened(tag)) if (has(tag)) return tag;
  return null;
}

/** `de_at` as `de-AT`; empty where it is no language. */
export function canonical(tag: string | null): string {
  try {
    return tag ? (Intl.getCanonicalLocales(tag.replaceAll('_', '-'))[0] ?? '') : '';
  } catch {
    return '';
  }
}

function shortened(tag: string): string {
  const parts = tag.split('-').slice(0, -1);
  // A single letter opens an extension, and means nothing without one.
  if (parts.at(-1)?.length === 1) parts.pop();
  return parts.join('-');
}

const RIGHT_TO_LEFT = new Set(['ar', 'arc', 'ckb', 'dv', 'fa', 'he', 'ks', 'ps', 'sd', 'ug', 'ur', 'yi']);

export const directionOf = (language: string): 'ltr' | 'rtl' =>
  RIGHT_TO_LEFT.has(language.split('-')[0] ?? '') ? 'rtl' : 'ltr';
