-- Says that auth here is the Supabase project's own, and of which project: as it was found the last time that Supabase could be asked.
create table limen.project_database (
  is_only boolean primary key default true check (is_only),
  project_url text not null,
  found_at timestamptz not null
);
