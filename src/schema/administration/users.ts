/** People, page by page, for operators. The rules live in `identity/administration/user-list.ts`. */
import type { Account } from '../../identity/account.ts';
import {
  COUNT_LIMIT,
  type ListedUser,
  type UserQuery,
} from '../../identity/administration/user-directory.ts';
import { listUsers, userQuery } from '../../identity/administration/user-list.ts';
import { builder } from '../builder.ts';
import { type Connection, resolvePage } from '../connection.ts';
import { UserRef } from '../user.ts';

const TimeRangeInput = builder.inputType('TimeRangeInput', {
  description: 'Either end may be left out.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', description: 'From this moment on.' }),
    to: t.field({ type: 'DateTime', description: 'Until before this moment.' }),
  }),
});

const UserFilterInput = builder.inputType('UserFilterInput', {
  description: 'Everything given must hold. Each has an index, however many people there are.',
  fields: (t) => ({
    ids: t.idList({ description: 'At most 100 UUIDs. What is no UUID is nobody.' }),
    email: t.string({ description: 'The whole address.' }),
    emailPrefix: t.string({ description: 'How the address begins.' }),
    phone: t.string({
      description: 'The whole number, with its country; plus, spaces and hyphens are left out.',
    }),
    phonePrefix: t.string({ description: 'How the number begins, country first.' }),
    namePrefix: t.string({
      description:
        'How words of the names begin, in any order: `lov ad` finds Ada Lovelace. At most 10 words.',
    }),
    role: t.string({ description: 'A role the person has.' }),
    tier: t.string({ description: 'The tier the person is on.' }),
    onboardingCompleted: t.boolean({
      description: 'Whether the person went through their onboarding to the end.',
    }),
    confirmed: t.boolean({ description: 'Whether an address or a number of theirs is confirmed.' }),
    banned: t.boolean({ description: 'Whether the person is banned at the moment.' }),
    anonymous: t.boolean({ description: 'Whether the person has no confirmed address of any kind yet.' }),
    createdAt: t.field({ type: TimeRangeInput, description: 'When the account was made.' }),
    lastSignInAt: t.field({
      type: TimeRangeInput,
      description: 'When the person last signed in. Whoever never did is not found.',
    }),
    appMetadata: t.field({
      type: 'JSONObject',
      description:
        'What `app_metadata` must hold: each value at its path, lists as far as they are named. `{ "plan": { "name": "pro" } }` asks for `plan.name`.',
    }),
    userMetadata: t.field({ type: 'JSONObject', description: 'The same of `user_metadata`.' }),
  }),
});

const UserOrderField = builder.enumType('UserOrderField', {
  description: 'What people are listed by. Who has the same is listed by id.',
  values: {
    CREATED_AT: { description: 'When the account was made.' },
    LAST_SIGN_IN_AT: {
      description: 'When the person last signed in; who never did comes before all others.',
    },
    EMAIL: { description: 'The address, byte by byte; who has none comes before all others.' },
  } as const,
});

const SortDirection = builder.enumType('SortDirection', {
  description: 'Which end of a list comes first.',
  values: {
    ASC: { description: 'The earliest, or the first in the alphabet.' },
    DESC: { description: 'The latest, or the last in the alphabet.' },
  } as const,
});

const UserOrderInput = builder.inputType('UserOrderInput', {
  description: 'In which order.',
  fields: (t) => ({
    field: t.field({ type: UserOrderField, required: true, description: 'By what.' }),
    direction: t.field({ type: SortDirection, required: true, description: 'From which end.' }),
  }),
});

interface UserList extends Connection<Account> {
  readonly query: UserQuery;
}

builder.queryField('users', (t) =>
  t.withAuth({ permission: 'users:read' }).connection(
    {
      type: UserRef,
      skipTypeScopes: true,
      description:
        'Everybody who is not deleted, the newest first. Needs `users:read`. A page costs one statement, the last the same as the first. What is wrong in the arguments is an error with the code `VALIDATION_FAILED`, which lists it in `extensions.issues`. On Supabase, without its database, people can only be walked forwards, the newest first: the rest is an error with the code `NOT_SUPPORTED`.',
      args: {
        filter: t.arg({ type: UserFilterInput, description: 'Null: everybody.' }),
        search: t.arg.string({
          description:
            'What somebody types to find a person: each of its words must begin an address, a number or a word of a name. Where the database has `pg_trgm`, similar names and addresses are found too, from three characters on. At most 10 words.',
        }),
        orderBy: t.arg({ type: UserOrderInput, description: 'Null: the newest first.' }),
      },
      resolve: async (_root, args, { services }): Promise<UserList> => {
        const query = userQuery(args);
        const { edges, pageInfo } = await resolvePage(
          args,
          ({ key }: ListedUser) => key,
          (page) => listUsers(services, query, page),
        );
        return { query, pageInfo, edges: edges.map(({ cursor, node }) => ({ cursor, node: node.account })) };
      },
    },
    {
      name: 'UserConnection',
      description: 'A page of people.',
      fields: (t) => ({
        totalCount: t.int({
          nullable: true,
          description: `How many match, exactly: one more statement, whose time grows with the number. Null for more than ${COUNT_LIMIT}, and on Supabase without its database.`,
          resolve: ({ query }, _args, { services }) => services.auth.directory.count(query),
        }),
        estimatedCount: t.int({
          description:
            'About how many match, from what the database knows of its tables: one more statement, of a time that does not grow with them. Can be far off for rare combinations.',
          resolve: ({ query }, _args, { services }) => services.auth.directory.estimate(query),
        }),
      }),
    },
    { name: 'UserEdge', description: 'A person on a page.' },
  ),
);
