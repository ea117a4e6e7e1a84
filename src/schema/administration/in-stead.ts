/**
 * What whoever acts in somebody else's stead may change: next to nothing, and a mutation that is new nothing at all. They read what the
 * person reads.
 */
import { defaultFieldResolver, type GraphQLField, type GraphQLSchema } from 'graphql';
import type { Context } from '../../context.ts';
import { DeniedError } from '../../identity/denial.ts';

const MUTATIONS: ReadonlySet<string> = new Set([
  'completeOnboarding',
  'logout',
  'updatePreferences',
  'updateProfile',
]);

export function refuseInStead(schema: GraphQLSchema): GraphQLSchema {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    if (!MUTATIONS.has(field.name)) guard(field);
  }
  return schema;
}

/** Before who may ask is looked at, so that the reason is always the same. */
function guard(field: GraphQLField<unknown, Context>): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = (root, args, context, info) => {
    const { viewer } = context;
    if (viewer.kind === 'person' && viewer.impersonator) throw new DeniedError('FORBIDDEN', 'IMPERSONATED');
    return resolve(root, args, context, info);
  };
}
