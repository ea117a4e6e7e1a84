/** The mirror's `UpstreamPeople`, by the admin API of Supabase Auth. */
import type { AuthError } from '@supabase/supabase-js';
import { ownClient } from '../../identity/client.ts';
import { personFromUser } from '../mirror/person.ts';
import { RefusedKeyError, type UpstreamPeople } from '../mirror/upstream-people.ts';
import type { Project, Transport } from './call.ts';
import { createCalls } from './calls.ts';
import { outcomeOf } from './outcome.ts';

export function createUpstreamPeople(project: Project, secretKey: () => Promise<string>): UpstreamPeople {
  const calls = createCalls(project, secretKey, ownClient('mirror'));
  const failureOf = ({ error, transport }: { error: AuthError; transport: Transport }) =>
    error.status === 401 || error.status === 403
      ? new RefusedKeyError(project.url, error)
      : outcomeOf(error, transport);
  return {
    async find(id) {
      const answer = await calls.asAdmin((auth) => auth.admin.getUserById(id));
      if (answer.error?.code === 'user_not_found') return null;
      if (answer.error) throw failureOf(answer);
      const person = personFromUser(answer.data.user);
      // Whoever cannot be read is not therefore gone.
      if (person?.id !== id.toLowerCase())
        throw new Error('Supabase Auth answered with somebody else, or nobody.');
      return person;
    },
    async page(number, size) {
      const answer = await calls.asAdmin((auth) => auth.admin.listUsers({ page: number, perPage: size }));
      if (answer.error) throw failureOf(answer);
      const { users } = answer.data;
      const people = users.map((user) => ({ id: String(user.id), person: personFromUser(user) }));
      return {
        people: people.flatMap(({ person }) => person ?? []),
        unreadable: people.filter(({ person }) => !person).map(({ id }) => id),
        total: 'total' in answer.data && answer.data.total > 0 ? answer.data.total : null,
      };
    },
  };
}
