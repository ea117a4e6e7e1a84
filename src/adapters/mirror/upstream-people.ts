/** People as Supabase has them now: what the mirror asks, by the admin API. */
import type { MirroredPerson } from './person.ts';

export interface UpstreamPeople {
  /** Null only where Supabase says that there is nobody of this id. @throws for everything else */
  find(id: string): Promise<MirroredPerson | null>;
  /** The first is 1; an empty page is behind the last. */
  page(number: number, size: number): Promise<PeoplePage>;
}

export interface PeoplePage {
  readonly people: readonly MirroredPerson[];
  /** Entries of the page that could not be read as people, by whatever they have for an id. */
  readonly unreadable: readonly string[];
  /** Of all pages; null where the server does not say. */
  readonly total: number | null;
}

/** The project is there, and takes the key for nobody's who may list people. */
export class RefusedKeyError extends Error {
  override readonly name = 'RefusedKeyError';

  constructor(url: string, cause: unknown) {
    super(
      `${url} refuses the secret key. Set SUPABASE_SECRET_KEY to a secret (or service_role) key of this very project.`,
      { cause },
    );
  }
}
