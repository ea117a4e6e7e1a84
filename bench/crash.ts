/** Three Limens on one PostgreSQL behind a round-robin, one of which is killed while people sign up, change and leave. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startProcess } from './process.ts';
import { type GraphQLRequest, graphql, request } from './request.ts';

const PEOPLE_AT_A_TIME = 6;
const CHANGES_EACH = 4;

const SIGN_UP = `mutation ($input: SignupInput!) { signup(input: $input) { ... on AuthSession { accessToken } } }`;
const CHANGE = `mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { __typename } }`;
const LOGOUT = `mutation { logout(input: { scope: LOCAL }) { __typename } }`;
const PASSWORD = 'correct horse battery staple';

export interface Crash {
  /** Sign-ups and changes that were answered. */
  acknowledged: number;
  /** Of those, the ones that the others know nothing of. */
  lost: number;
  /** Sessions whose end was answered. */
  ended: number;
  /** Of those, the ones whose access token the others still take. */
  living: number;
}

interface Somebody {
  accessToken: string;
  /** The last change that was answered, and what was asked after it without an answer: that may have happened. */
  known: number;
  asked: number;
  /** Null where the logout was not answered. */
  hasLeft: boolean | null;
}

/** @param url a PostgreSQL database */
export async function measureCrash(url: string, seconds: number): Promise<Crash> {
  const env = { DATABASE_URL: url, PORT: '0', LOG_LEVEL: 'fatal', RATE_LIMITS: 'off' };
  const start = () => startProcess('src/main.ts', { env });
  const [victim, ...others] = [await start(), await start(), await start()];
  const alive = [victim!.url, ...others.map((other) => other.url)];
  let turn = 0;

  /** From whichever is next. Null where no answer came: nobody knows what happened. */
  async function ask(asked: GraphQLRequest) {
    try {
      return await graphql(alive[turn++ % alive.length]!, asked);
    } catch {
      return null;
    }
  }

  const people: Somebody[] = [];
  let acknowledged = 0;
  let isOver = false;

  async function liveAndLeave(email: string) {
    const signedUp = await ask(request(SIGN_UP, { input: { email, password: PASSWORD } }));
    const accessToken = signedUp?.data?.signup?.accessToken;
    if (!accessToken) return;
    acknowledged += 1;
    const person: Somebody = { accessToken, known: 0, asked: 0, hasLeft: false };
    people.push(person);
    for (let change = 1; change <= CHANGES_EACH; change += 1) {
      person.asked = change;
      const changed = await ask(request(CHANGE, { input: { displayName: String(change) } }, accessToken));
      if (changed?.data?.updateProfile?.__typename !== 'User') continue;
      person.known = change;
      acknowledged += 1;
    }
    if (people.length % 2 === 0) return;
    person.hasLeft = null;
    const left = await ask(request(LOGOUT, {}, accessToken));
    if (left?.data?.logout?.__typename === 'LoggedOut') person.hasLeft = true;
  }

  const crowd = Array.from({ length: PEOPLE_AT_A_TIME }, async (_, lane) => {
    for (let number = 0; !isOver; number += 1) await liveAndLeave(`crash-${lane}-${number}@example.com`);
  });
  await sleep(seconds * 500);
  await victim!.kill();
  // A round-robin takes a while to find out.
  await sleep(500);
  alive.shift();
  await sleep(seconds * 500);
  isOver = true;
  await Promise.all(crowd);

  let [lost, ended, living] = [0, 0, 0];
  for (const person of people.filter(({ hasLeft }) => hasLeft !== null)) {
    for (const instance of alive) {
      const { data } = await graphql(instance, request('{ me { displayName } }', {}, person.accessToken));
      if (person.hasLeft) {
        ended += 1;
        if (data) living += 1;
        continue;
      }
      const shown = Number(data?.me?.displayName ?? (data?.me ? 0 : Number.NaN));
      if (!(shown >= person.known && shown <= person.asked)) lost += 1;
    }
  }
  for (const other of others) await other.stop();
  return { acknowledged, lost, ended, living };
}
