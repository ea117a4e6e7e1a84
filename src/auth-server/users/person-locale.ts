import type { FullUserRow } from './user-row.ts';

/** The language somebody is written to in, as they chose it in their profile; null where they did not. */
export function localeOf({ raw_user_meta_data }: Pick<FullUserRow, 'raw_user_meta_data'>): string | null {
  const locale = raw_user_meta_data?.locale;
  return typeof locale === 'string' ? locale : null;
}
