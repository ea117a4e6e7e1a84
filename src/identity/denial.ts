import { ERROR_CODES } from './error-codes.ts';
import type { Permission } from './permission.ts';

const DENIALS = {
  UNAUTHENTICATED: 'Log in first.',
  FORBIDDEN: 'Not allowed.',
  CSRF_REFUSED: 'The cookie of a session is for pages of this origin, and of those in CORS_ORIGINS.',
} as const;

const REASONS = {
  AAL2_REQUIRED: ERROR_CODES.AAL2_REQUIRED,
  IMPERSONATED: 'Only the person themselves may do this, and nobody in their stead.',
} as const;

export type DenialCode = keyof typeof DENIALS;

export const DENIAL_CODES = Object.keys(DENIALS) as DenialCode[];

/** Why not, where the caller can do something about it. */
export type DenialReason = keyof typeof REASONS;

/** Not signed in (any more), or not allowed. A top-level error and no member of a union: every field can answer so. */
export class DeniedError extends Error {
  override readonly name = 'DeniedError';
  readonly code: DenialCode;
  /** Shown as `extensions.reason`. */
  readonly reason: DenialReason | null;
  /** Shown as `extensions.permission`: the one that the viewer lacks. Null where it is not about one. */
  readonly permission: Permission | null = null;

  constructor(code: DenialCode, reason: DenialReason | null = null, message: string = DENIALS[code]) {
    super(reason ? REASONS[reason] : message);
    this.code = code;
    this.reason = reason;
  }
}

/** Somebody signed in, who may not. */
export class PermissionDeniedError extends DeniedError {
  override readonly permission: Permission;

  constructor(permission: Permission) {
    super('FORBIDDEN', null, `Not allowed: it takes the permission ${permission}.`);
    this.permission = permission;
  }
}
