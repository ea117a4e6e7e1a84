/** A crowd that resembles one: names that repeat, few administrators, some unconfirmed, most of them gone for long. */
import type { Queryable } from '../src/adapters/postgres/database.ts';

const FIRST = `'{Ada,Grace,Alan,Edsger,Barbara,Donald,Margaret,Tim,Radia,Leslie,Katherine,Dennis,Ken,Frances,Niklaus,John,Hedy,Linus,Sophie,Vint}'::text[]`;
const LAST = `'{Lovelace,Hopper,Turing,Dijkstra,Liskov,Knuth,Hamilton,Berners-Lee,Perlman,Lamport,Johnson,Ritchie,Thompson,Allen,Wirth,McCarthy,Lamarr,Torvalds,Wilson,Cerf,Meier,Rossi,Novak,Silva,Kowalski,Nguyen,Okafor,Haddad,Yamada,Larsen}'::text[]`;

/** Numbered from `from` on. A year of sign-ups; the newest is the last. */
export async function insertPeople(database: Queryable, from: number, to: number): Promise<void> {
  await database.query(
    `insert into auth.users (instance_id, id, aud, role, email, phone, raw_app_meta_data, raw_user_meta_data, created_at, updated_at,
       last_sign_in_at, email_confirmed_at, banned_until, is_anonymous, confirmation_token, recovery_token, email_change_token_new, email_change)
     select '00000000-0000-0000-0000-000000000000', md5(n::text)::uuid, 'authenticated', 'authenticated',
       lower(first || '.' || last) || n || '@example.com', case when n % 5 = 0 then '4179' || lpad(n::text, 8, '0') end,
       case when n % 1000 = 0 then '{"roles": ["admin"]}' when n % 10 = 0 then '{"roles": ["editor"], "tier": "pro"}' else '{"roles": ["reader"]}' end::jsonb,
       jsonb_build_object('display_name', first || ' ' || last, 'team', 'team-' || n % 10000, 'onboarding_completed', n % 3 > 0),
       timestamptz '2025-01-01' + n * interval '30 seconds', '2025-01-01',
       case when n % 4 > 0 then timestamptz '2026-01-01' + (n::bigint * 7919 % 30000000) * interval '1 second' end,
       case when n % 50 > 0 then timestamptz '2025-01-01' + n * interval '31 seconds' end,
       case when n % 2000 = 0 then timestamptz '2999-01-01' end, n % 500 = 1, '', '', '', ''
     from generate_series($1::int, $2::int) as n,
       lateral (select (${FIRST})[1 + n % 20] as first, (${LAST})[1 + n / 20 % 30] as last) as names`,
    [from, to],
  );
}
