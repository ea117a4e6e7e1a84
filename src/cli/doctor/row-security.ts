/** What SQL of the application's own needs, where Limen made the `auth` schema. */
import { findAuthSchemaOwner } from '../../adapters/postgres/auth-schema/auth-schema.ts';
import { findRowSecurity } from '../../adapters/postgres/row-security.ts';
import { type Finding, type Installation, ok, warn } from './check.ts';

export async function checkRowSecurity({ database }: Installation): Promise<Finding[]> {
  if (!database || (await findAuthSchemaOwner(database)) !== 'limen') return [];
  const { roles, policies, view } = await findRowSecurity(database);
  const findings: Finding[] = [];
  if (!roles) {
    findings.push(
      warn(
        'the roles anon, authenticated and service_role are missing',
        'Have somebody who may run: create role anon nologin; create role authenticated nologin; create role service_role nologin; then start Limen again.',
      ),
    );
  } else if (!policies) {
    findings.push(
      warn(
        'the policies of auth.users are missing, or row level security is off',
        'Start Limen once with the role that owns auth.users: it puts them there.',
      ),
    );
  }
  if (view === 'taken') {
    findings.push(
      warn(
        'public.user_profiles is a relation of the application’s own',
        'Leave it, or rename it and start Limen again, which then makes the view.',
      ),
    );
  } else if (view === 'missing') {
    findings.push(
      warn(
        'the view public.user_profiles is missing',
        'It takes PostgreSQL 15, the roles above, and the right to create in schema public; then start Limen again.',
      ),
    );
  }
  return findings.length > 0 ? findings : [ok('roles, policies and public.user_profiles are there')];
}
