/** Subscriptions, over server-sent events. */
import { describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';

/** Listens, and answers what comes, event by event. */
async function listen(app: TestApp, token: string, query: string) {
  const response = await app.send(
    new Request('http://limen.test/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ query }),
    }),
  );
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    response,
    stop: () => reader.cancel(),
    // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
    async next(): Promise<any> {
      for (;;) {
        const [, event, data] = /event: (\w+)\ndata:(.*)\n\n/.exec(text) ?? [];
        if (event) {
          text = text.slice(text.indexOf('\n\n', text.indexOf('event: ')) + 2);
          return event === 'complete' ? event : JSON.parse(data!);
        }
        const { done, value } = await reader.read();
        if (done) return 'closed';
        text += value;
      }
    },
  };
}

const UPDATE = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { __typename } }';

describe('meChanged', () => {
  test('tells the person of each change to themselves, and of nobody else’s', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const grace = await app.signUp('grace');
    const stream = await listen(app, ada.accessToken, 'subscription { meChanged { displayName } }');
    await grace(UPDATE, { input: { displayName: 'Grace' } });
    await ada(UPDATE, { input: { displayName: 'Ada' } });
    expect(await stream.next()).toEqual({ data: { meChanged: { displayName: 'Ada' } } });
    await ada(UPDATE, { input: { displayName: 'Lady Ada' } });
    expect(await stream.next()).toMatchObject({ data: { meChanged: { displayName: expect.any(String) } } });
    await stream.stop();
  });

  test('ends with UNAUTHENTICATED when the session does, in a masked error', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const stream = await listen(app, ada.accessToken, 'subscription { meChanged { id } }');
    await ada('mutation { logout { __typename } }');
    expect(await stream.next()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect(await stream.next()).toBe('complete');
  });
});

describe('sessionEnded', () => {
  test('tells once that the session is over, and completes', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const stream = await listen(app, ada.accessToken, 'subscription { sessionEnded { sessionId } }');
    await ada('mutation { logout(input: { scope: GLOBAL }) { __typename } }');
    expect(await stream.next()).toEqual({ data: { sessionEnded: { sessionId: ada.sessionId } } });
    expect(await stream.next()).toBe('complete');
  });
});

describe('a subscription', () => {
  test('ends when the server stops, so that the listener goes to another', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const stream = await listen(app, ada.accessToken, 'subscription { meChanged { id } }');
    app.app.beginShutdown();
    await expect(stream.next()).rejects.toThrow();
  });

  test('is not for strangers, and not without the media type of a stream', async () => {
    const app = await createTestApp();
    const { data, errors } = await app.graphql('subscription { meChanged { id } }');
    expect([data ?? null, errors?.[0].extensions.code]).toEqual([null, 'UNAUTHENTICATED']);
    const ada = await app.signUp('ada');
    const answer = await ada('subscription { meChanged { id } }');
    expect([answer.status, answer.errors?.[0].extensions.code]).toEqual([406, 'BAD_REQUEST']);
  });
});
