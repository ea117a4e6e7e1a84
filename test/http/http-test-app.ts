/** The HTTP room alone: a small schema in place of the real one, and a log that can be read. */
import { createGraphQLError, createSchema } from 'graphql-yoga';
import { pino } from 'pino';
import type { AuthServer } from '../../src/auth-server/auth-server.ts';
import type { Caller } from '../../src/auth-server/protocol/needs.ts';
import { createHttpApp, type HttpNeeds, type HttpSettings } from '../../src/http/http-app.ts';
import type { Client } from '../../src/identity/client.ts';

const typeDefs = /* GraphQL */ `
  type Query {
    me: User
    people(first: Int = 20, last: Int): [User!]!
    echo(text: String, mood: Mood, filter: Filter): String
    client: String!
    broken: String
    brokenTwice: [String]
    brokenLeaf: Int
    refused: String
    slow: String!
  }
  type User {
    id: ID!
    name: String!
    friends(first: Int, last: Int): [User!]!
  }
  type Mutation {
    login(input: LoginInput!): String!
    signup(input: LoginInput!): String!
    rename(name: String!): String!
  }
  enum Mood {
    GOOD
    BAD
  }
  input LoginInput {
    email: String!
    password: String!
    tags: [String!]
  }
  input Filter {
    limit: Int = 3
    and: [Filter!]
  }
`;

export const SECRET_IN_ERROR = 'connection string postgres://limen:hunter2@db';

const ada = { id: '1', name: 'Ada', friends: [] };
const fail = () => {
  throw Object.assign(new Error('The database fell over.'), { detail: SECRET_IN_ERROR });
};

/** Lets `slow` answer. */
export interface Gate {
  open(): void;
}

export function createTestHttpApp(
  options: Partial<Omit<HttpNeeds, 'settings'>> & { settings?: Partial<HttpSettings> } = {},
) {
  const log: Record<string, unknown>[] = [];
  const gate = Promise.withResolvers<string>();
  const executed: string[] = [];
  const note = (field: string, answer: string) => {
    executed.push(field);
    return answer;
  };
  const resolvers = {
    Query: {
      me: () => ada,
      people: () => [ada],
      echo: (_root: unknown, { text }: { text?: string }) => text ?? 'nothing',
      client: (_root: unknown, _args: unknown, { client }: { client: Client }) => JSON.stringify(client),
      broken: fail,
      brokenTwice: () => {
        const failing = Promise.reject(new Error('The database fell over.'));
        return [failing, failing];
      },
      brokenLeaf: () => 'hunter2',
      refused: () => {
        throw createGraphQLError('Not allowed.', { extensions: { code: 'FORBIDDEN' } });
      },
      slow: () => {
        executed.push('slow');
        return gate.promise;
      },
    },
    Mutation: {
      login: { resolve: () => note('login', 'in'), extensions: { credential: true } },
      signup: { resolve: () => note('signup', 'up'), extensions: { credential: true } },
      rename: () => note('rename', 'renamed'),
    },
  };
  const app = createHttpApp({
    schema: createSchema({ typeDefs, resolvers }),
    createContext: async ({ client }) => ({ client }),
    authServer: null,
    mailbox: null,
    supabaseWebhook: null,
    readiness: {},
    log: pino({ level: 'debug', base: null }, { write: (line) => void log.push(JSON.parse(line)) }),
    ...options,
    settings: {
      corsOrigins: [],
      trustProxy: [],
      graphiql: true,
      production: false,
      externalUrl: 'http://limen.test',
      sessionCookie: { sameSite: 'strict', maxAgeSeconds: 3600 },
      ...options.settings,
    },
  });

  async function send(path: string, init: RequestInit = {}, remoteAddress = '127.0.0.1') {
    const response = await app.fetch(new Request(`http://limen.test${path}`, init), { remoteAddress });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
    const body: any = isJson ? JSON.parse(text) : null;
    return { status: response.status, headers: response.headers, text, body };
  }

  return {
    app,
    send,
    /** The lines written so far. */
    log,
    /** The fields that had an effect. */
    executed,
    gate: { open: () => gate.resolve('done') } satisfies Gate,
    graphql: (query: string, variables?: unknown, headers: Record<string, string> = {}) =>
      send('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
        body: JSON.stringify({ query, variables }),
      }),
  };
}

/** Answers what it was asked, with headers of its own. */
export function createAuthServerDouble(): AuthServer & { callers: Caller[] } {
  const callers: Caller[] = [];
  return {
    callers,
    async fetch(request, caller) {
      callers.push(caller);
      return Response.json(
        { path: new URL(request.url).pathname },
        { headers: { 'X-Supabase-Api-Version': '2024-01-01' } },
      );
    },
  };
}
