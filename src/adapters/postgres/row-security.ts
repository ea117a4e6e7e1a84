/**
 * What SQL of the application's own needs where Limen made the `auth` schema: Supabase's roles, each person's right to their own row, and
 * the view `public.user_profiles`. Roles belong to the whole server and may be somebody else's to make, so nothing of this is a migration.
 */
import { findAuthSchemaOwner } from './auth-schema/auth-schema.ts';
import type { Database, Queryable } from './database.ts';

export const ROLES = ['anon', 'authenticated', 'service_role'] as const;

/** What is there. All of it where the three are true. */
export interface RowSecurity {
  readonly roles: boolean;
  /** False also where they do not hold, because row level security is off. */
  readonly policies: boolean;
  /** `taken`: something else of the application's has that name. */
  readonly view: 'ours' | 'missing' | 'taken';
}

const OWN_ROW = 'People read their own row';
const EVERY_ROW = 'Services read every row';
/** By which the view is known again. */
const VIEW_COMMENT =
  'Made by Limen: people as old SQL knows them. Everybody sees themselves, service_role sees all.';
/** `security_invoker`: without it a view reads as its owner, whom no policy stops. */
const FIRST_VERSION_WITH_INVOKER = 150_000;

/** Nothing that anybody could sign in with, and nothing that grants anything. */
const READABLE = `id, email, phone, email_confirmed_at, phone_confirmed_at, raw_user_meta_data, is_anonymous,
  created_at, updated_at, last_sign_in_at, deleted_at`;

const metadata = ['display_name', 'full_name', 'first_name', 'last_name', 'avatar_url', 'locale', 'timezone'];

const VIEW = `create view public.user_profiles with (security_invoker = true) as
  select id, email, phone, ${metadata.map((name) => `raw_user_meta_data ->> '${name}' as ${name}`).join(', ')},
    email_confirmed_at is not null as email_verified, is_anonymous, created_at, updated_at, last_sign_in_at
  from auth.users where deleted_at is null`;

export async function findRowSecurity(database: Queryable): Promise<RowSecurity> {
  const [found] = await database.query<{ roles: number; policies: number; view: string | null }>(
    `select (select count(*) from pg_roles where rolname = any($1)) as roles,
       (select count(*) from pg_policy join pg_class on pg_class.oid = polrelid
         where polrelid = to_regclass('auth.users') and relrowsecurity and polname = any($2)) as policies,
       (select coalesce(obj_description(oid, 'pg_class'), '') from pg_class
         where oid = to_regclass('public.user_profiles')) as view`,
    [ROLES, [OWN_ROW, EVERY_ROW]],
  );
  const view = found?.view ?? null;
  return {
    roles: found?.roles === ROLES.length,
    policies: found?.policies === 2,
    view: view === null ? 'missing' : view === VIEW_COMMENT ? 'ours' : 'taken',
  };
}

/** Puts there what is missing and this role may make; `limen doctor` tells of the rest. Does nothing on an `auth` schema of somebody else's. */
export async function installRowSecurity(database: Database): Promise<void> {
  const before = await findRowSecurity(database);
  if (before.policies && before.view !== 'missing') return;
  if ((await findAuthSchemaOwner(database)) !== 'limen') return;
  await database.transaction(async (tx) => {
    await tx.query("select pg_advisory_xact_lock(hashtextextended('limen:row-security', 0))");
    if (!before.roles) await createRoles(tx);
    const now = await findRowSecurity(tx);
    if (!now.roles || !(now.policies || (await mayCreatePolicies(tx)))) return;
    if (!now.policies) await createPolicies(tx);
    if (now.view === 'missing' && (await mayCreateView(tx))) await createView(tx);
  });
}

/** Another database of the server may make them in the same moment. */
async function createRoles(tx: Queryable): Promise<void> {
  const [may] = await tx.query<{ create: boolean; bypass: boolean }>(
    'select rolsuper or rolcreaterole as "create", rolsuper as bypass from pg_roles where rolname = current_user',
  );
  if (!may?.create) return;
  for (const role of ROLES) {
    // As on Supabase, where services are stopped by no policy of the application's own either.
    const bypass = role === 'service_role' && may.bypass ? 'bypassrls' : '';
    await tx.query(`do $$ begin
        if not exists (select from pg_roles where rolname = '${role}') then create role ${role} nologin noinherit ${bypass}; end if;
      exception when duplicate_object or unique_violation then null; end $$`);
  }
}

/** Only an owner may, and only who may pass on the use of the schema. */
async function mayCreatePolicies(tx: Queryable): Promise<boolean> {
  const [may] = await tx.query<{ create: boolean }>(
    `select pg_has_role(relowner, 'usage') and has_schema_privilege(relnamespace, 'usage with grant option') as "create"
     from pg_class where oid = to_regclass('auth.users')`,
  );
  return may?.create === true;
}

async function createPolicies(tx: Queryable): Promise<void> {
  await tx.query(`
    alter table auth.users enable row level security;
    grant usage on schema auth to anon, authenticated, service_role;
    grant select (${READABLE}) on auth.users to authenticated, service_role;
    drop policy if exists "${OWN_ROW}" on auth.users;
    drop policy if exists "${EVERY_ROW}" on auth.users;
    create policy "${OWN_ROW}" on auth.users for select to authenticated using (id = (select auth.uid()));
    create policy "${EVERY_ROW}" on auth.users for select to service_role using (true)`);
}

async function mayCreateView(tx: Queryable): Promise<boolean> {
  const [may] = await tx.query<{ create: boolean }>(
    `select current_setting('server_version_num')::integer >= $1
       and coalesce(has_schema_privilege(to_regnamespace('public')::oid, 'create'), false) as "create"`,
    [FIRST_VERSION_WITH_INVOKER],
  );
  return may?.create === true;
}

async function createView(tx: Queryable): Promise<void> {
  await tx.query(`${VIEW};
    comment on view public.user_profiles is '${VIEW_COMMENT}';
    grant select on public.user_profiles to authenticated, service_role`);
}
