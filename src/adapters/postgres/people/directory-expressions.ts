/**
 * What the directory's indexes hold and its queries ask for. An index is used only where both say the same to the letter, so each
 * expression stands here once. None may fail whatever a row holds: an index whose expression fails refuses the row.
 */

/** Deleted people are in no index, and in no answer. */
export const PRESENT = 'deleted_at is null';

/** Both times may be null in rows that others wrote. */
export const CREATED = "coalesce(created_at, '-infinity'::timestamptz)";
export const LAST_SIGN_IN = "coalesce(last_sign_in_at, '-infinity'::timestamptz)";

/** Compared byte by byte, since only so does one index serve both the order and the beginning of an address. */
export const EMAIL = `(coalesce(email, '')::text collate "C")`;
export const PHONE = `(coalesce(phone, '') collate "C")`;

export const ONBOARDED = `coalesce(raw_user_meta_data @> '{"onboarding_completed": true}'::jsonb, false)`;

/** As many characters of a name as count. What people write into their metadata may be of any length, a word of an index may not. */
const NAME_CHARACTERS = 200;

const NAMES = ['display_name', 'full_name', 'first_name', 'last_name', 'name']
  .map((key) => `left(coalesce(raw_user_meta_data ->> '${key}', ''), ${NAME_CHARACTERS})`)
  .join(" || ' ' || ");

const words = (text: string) => `array_to_tsvector(array_remove(string_to_array(lower(${text}), ' '), ''))`;

export const NAME_WORDS = words(NAMES);
export const SEARCH_WORDS = words(
  `coalesce(email, '')::text || ' ' || left(coalesce(phone, ''), 40) || ' ' || ${NAMES}`,
);

/** Without the domain, which half of all people may have in common. */
export const SIMILAR_TEXT = `lower(split_part(coalesce(email, '')::text, '@', 1) || ' ' || ${NAMES})`;
