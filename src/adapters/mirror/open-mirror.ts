/** The mirror as the application uses it: opened where the database is a replica, and told by tokens and webhooks too. */
import type { TokenVerifier } from '../../identity/access-token.ts';
import type { UpstreamChanges } from '../../identity/webhooks/upstream-change.ts';
import { createMirror, type Mirror, type MirrorOptions } from './mirror.ts';
import { claimReplica, type MirrorMode } from './replica.ts';

/** Null where people live in the database who signed up there. @throws {ReplicaError} for a replica of another project */
export async function openMirror(
  options: MirrorOptions & { mode: MirrorMode; projectUrl: string },
): Promise<Mirror | null> {
  if (await claimReplica(options.database, options)) return createMirror(options);
  options.log.warn(
    'people who signed up here live in this database; MIRROR_PEOPLE=on makes it a replica of Supabase',
  );
  return null;
}

/** People who signed in elsewhere, by supabase-js, are met by their tokens. */
export function meetingPeople(verifier: TokenVerifier, mirror: Mirror | null): TokenVerifier {
  if (!mirror) return verifier;
  return {
    async verify(token) {
      const claims = await verifier.verify(token);
      if (claims.sub) mirror.seen(claims.sub);
      return claims;
    },
  };
}

/** First the tokens, since they are what somebody could still use. */
export function mirroringChanges(changes: UpstreamChanges, mirror: Mirror | null): UpstreamChanges {
  if (!mirror) return changes;
  return {
    async receive(change, delivery) {
      await changes.receive(change, delivery);
      if (change.table === 'users') await mirror.apply(change);
    },
  };
}
