/** How the methods of the client ask: as whoever is signed in or as nobody, and what of the answer is kept with the session. */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { Session, User } from './outcomes.ts';
import type { SessionRefresh } from './session-refresh.ts';
import { keep, type SessionStore } from './session-store.ts';
import { dataOf, isTokenRefused, type Post } from './transport.ts';

/** What a mutation with a union of typed outcomes answers. */
type Outcome = Record<string, { __typename: string }>;
type Only<Data> = Data[keyof Data];

/** Each document asks for one field. */
export const only = <Data extends object>(data: Data) => Object.values(data)[0] as Only<Data>;

const isSession = (result: { __typename: string }): result is Session => result.__typename === 'AuthSession';
const isUser = (result: { __typename: string }): result is User => result.__typename === 'User';

type Mutation<Data, Input> = TypedDocumentNode<Data, { input: Input }>;

interface CallNeeds {
  store: SessionStore;
  tokens: SessionRefresh;
  post: Post;
  /** Whether the server keeps the refresh token in a cookie. */
  inCookie: boolean;
}

export function createCalls({ store, tokens, post, inCookie }: CallNeeds) {
  /** For what changes the cookie. */
  const postInTurn: Post = (...call) => tokens.replacing(() => post(...call));

  async function askBy<Data, Variables>(
    via: Post,
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ) {
    const send = (accessToken: string | null) => via(document, variables, accessToken);
    return dataOf(document, await tokens.withAccessToken(send, isTokenRefused));
  }

  /** As whoever is signed in, or as nobody. */
  const ask = <Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables) =>
    askBy(post, document, variables);

  /** As `ask`, for what ends the session, and the cookie with it. */
  const askInTurn = <Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables) =>
    askBy(postInTurn, document, variables);

  /** Signing in must not fail for the token of an earlier session. */
  async function askAsNobody<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ) {
    return dataOf(document, await postInTurn(document, variables, null));
  }

  async function keepIfSession<Result extends { __typename: string }>(result: Result | Session) {
    if (isSession(result)) await store.change('SIGNED_IN', () => keep(result));
    return result;
  }

  async function keepIfRaised(result: { __typename: string }) {
    if (!isSession(result)) return;
    await store.change('TOKEN_REFRESHED', (kept) =>
      kept?.session.user.id === result.user.id ? keep(result) : undefined,
    );
  }

  /** Roles can be set for somebody else: only the person who is signed in is kept. */
  async function keepIfUser<Result extends { __typename: string }>(result: Result): Promise<Result> {
    if (isUser(result)) {
      await store.change('USER_UPDATED', (kept) =>
        kept?.session.user.id === result.id
          ? { ...kept, session: { ...kept.session, user: result } }
          : undefined,
      );
    }
    return result;
  }

  /** Unless somebody else is signed in by now. */
  async function signedOut(session: Session | null) {
    await store.change('SIGNED_OUT', (kept) =>
      kept && kept.session.user.id === session?.user.id ? null : undefined,
    );
  }

  /** As whoever is signed in, and nothing is kept. */
  const asking =
    <Data extends object, Input>(document: Mutation<Data, Input>) =>
    async (input: Input): Promise<Only<Data>> =>
      only<Data>(await ask(document, { input }));

  /** The session that comes back, if one does, is kept. */
  const signingIn =
    <Data extends Outcome, Input>(document: Mutation<Data, Input>) =>
    async (given: Input) => {
      const input = inCookie ? { ...given, transport: 'COOKIE' } : given;
      return keepIfSession(only(await askAsNobody(document, { input })));
    };

  /** As whoever is signed in; the person that comes back, if one does, is kept with the session. */
  const changingUser = <Data extends Outcome, Input>(document: Mutation<Data, Input>) => {
    const send = asking(document);
    return async (input: Input) => keepIfUser(await send(input));
  };

  /** As whoever is signed in; the session goes on with the tokens that come back, if any do. */
  const raising =
    <Data extends Outcome, Input>(document: Mutation<Data, Input>) =>
    async (given: Input) => {
      const input = inCookie ? { ...given, transport: 'COOKIE' } : given;
      const send = (accessToken: string | null) =>
        tokens.whileNotRefreshing(async () => {
          const answer = await post(document, { input }, accessToken);
          if (!isTokenRefused(answer)) await keepIfRaised(only(dataOf(document, answer)));
          return answer;
        });
      return only(dataOf(document, await tokens.withAccessToken(send, isTokenRefused)));
    };

  return {
    ask,
    askInTurn,
    askAsNobody,
    keepIfSession,
    keepIfUser,
    signedOut,
    asking,
    signingIn,
    changingUser,
    raising,
  };
}
