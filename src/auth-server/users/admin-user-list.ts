import { z } from 'zod';
import { requireAdmin } from '../protocol/bearer.ts';
import { readQuery } from '../protocol/body.ts';
import { type Call, type Endpoints, newEndpoints, type Services } from '../protocol/endpoint.ts';
import { USER_COLUMNS, type UserRow, userJson } from './user-row.ts';

const MAX_PER_PAGE = 1000;
const SORTABLE = ['created_at', 'updated_at', 'last_sign_in_at', 'email'];

/** supabase-js sends an empty text for what its caller leaves out. */
const number = (fallback: number, max: number) =>
  z
    .string()
    .default('')
    .transform((text) => (text === '' ? fallback : Number(text)))
    .pipe(z.int().min(1).max(max));

const Query = z.object({
  page: number(1, 1_000_000_000),
  per_page: number(50, MAX_PER_PAGE),
  sort: z
    .string()
    .default('')
    .transform((text) => (text === '' ? 'created_at desc' : text.trim().toLowerCase()))
    .refine((text) => orderOf(text) !== null, `one of ${SORTABLE.join(', ')}, then asc or desc`),
  filter: z.string().default(''),
});

export function adminUserListEndpoints(services: Services): Endpoints {
  return newEndpoints().get('/admin/users', async (call) => {
    await requireAdmin(services, call.req.raw);
    const { page, per_page, sort, filter } = readQuery(call.req.url, Query);
    const pattern = filter === '' ? null : `%${filter.replace(/[\\%_]/g, '\\$&')}%`;
    const [count] = await services.database.query<{ total: number }>(
      `select count(*) as total from auth.users where ${MATCHES}`,
      [pattern],
    );
    const users = await services.database.query<UserRow>(
      `select ${USER_COLUMNS} from auth.users where ${MATCHES}
       order by ${orderOf(sort)}, id limit $2 offset $3`,
      [pattern, per_page, (page - 1) * per_page],
    );
    setPageHeaders(call, { page, perPage: per_page, total: count?.total ?? 0 });
    return call.json({ users: users.map((user) => userJson(user, null)), aud: 'authenticated' });
  });
}

const MATCHES = `($1::text is null or email ilike $1 or id::text ilike $1 or raw_user_meta_data ->> 'full_name' ilike $1
  or raw_user_meta_data ->> 'name' ilike $1 or raw_user_meta_data ->> 'display_name' ilike $1)`;

/** SQL, from a text that holds nothing but known words; null for any other. */
function orderOf(sort: string): string | null {
  const [column = '', direction = 'desc', ...rest] = sort.split(/ +/);
  const isKnown = SORTABLE.includes(column) && ['asc', 'desc'].includes(direction) && rest.length === 0;
  return isKnown ? `${column} ${direction} nulls last` : null;
}

/** `page` comes first in each link: that is where auth-js looks for it. */
function setPageHeaders(
  call: Call,
  { page, perPage, total }: { page: number; perPage: number; total: number },
): void {
  const last = Math.max(1, Math.ceil(total / perPage));
  const link = (to: number, rel: string) => {
    const url = new URL(call.req.url);
    const others = [...url.searchParams].filter(([name]) => name !== 'page' && name !== 'per_page');
    url.search = new URLSearchParams([
      ['page', String(to)],
      ['per_page', String(perPage)],
      ...others,
    ]).toString();
    return `<${url.pathname}${url.search}>; rel="${rel}"`;
  };
  const links = [...(page < last ? [link(page + 1, 'next')] : []), link(last, 'last')];
  call.header('x-total-count', String(total));
  call.header('link', links.join(', '));
}
