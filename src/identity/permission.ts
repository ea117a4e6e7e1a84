/** What callers may do to others, and who holds it. */
import { ADMIN } from './roles.ts';
import type { Viewer } from './viewer.ts';

/** Those that Limen itself asks for. Applications may grant others, which mean nothing here. */
export const PERMISSIONS = [
  'users:read',
  'users:write',
  'users:delete',
  'users:impersonate',
  'sessions:write',
  'roles:write',
  'stats:read',
  'audit:read',
  'webhooks:write',
] as const;

export type Permission = (typeof PERMISSIONS)[number];

/** The role `admin` holds every permission; a service holds what its key's scopes say. */
export function holds(viewer: Viewer, permission: Permission): boolean {
  if (viewer.kind === 'service') return viewer.scopes.includes(permission);
  if (viewer.kind !== 'person') return false;
  const { roles, permissions } = viewer.grants;
  return roles.includes(ADMIN) || permissions.includes(permission);
}
