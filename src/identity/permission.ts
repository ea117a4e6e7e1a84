/** What callers may do to others. Who holds it: `viewer.ts`. */

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
