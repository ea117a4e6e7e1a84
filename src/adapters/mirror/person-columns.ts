/** The columns of `auth.users` that a replica keeps, and people as a table that SQL can read. */
import type { MirroredPerson } from './person.ts';

/** With its type as JSON is read. `id` is not among them. */
const TYPES: Readonly<Record<Exclude<keyof MirroredPerson, 'id'>, string>> = {
  aud: 'text',
  role: 'text',
  email: 'text',
  phone: 'text',
  email_confirmed_at: 'timestamptz',
  phone_confirmed_at: 'timestamptz',
  invited_at: 'timestamptz',
  last_sign_in_at: 'timestamptz',
  raw_app_meta_data: 'jsonb',
  raw_user_meta_data: 'jsonb',
  created_at: 'timestamptz',
  updated_at: 'timestamptz',
  banned_until: 'timestamptz',
  deleted_at: 'timestamptz',
  is_anonymous: 'boolean',
  is_sso_user: 'boolean',
};
export const PERSON_COLUMNS = Object.keys(TYPES) as (keyof typeof TYPES)[];

/** Of `$1`, a JSON array of people: the table `given`. */
export const GIVEN_PEOPLE = `jsonb_to_recordset($1::jsonb) as given (id uuid, ${Object.entries(TYPES)
  .map(([name, type]) => `${name} ${type}`)
  .join(', ')})`;
export const listOf = (prefix: string) => PERSON_COLUMNS.map((name) => `${prefix}.${name}`).join(', ');

/** Of the column itself, where that is another than JSON is read as. */
export const typeOf = (name: keyof typeof TYPES) =>
  name === 'aud' || name === 'role' || name === 'email' ? 'varchar' : TYPES[name];
