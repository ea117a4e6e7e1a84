/** GraphQL over HTTP, as a request that can be sent once or ten thousand times. */
export interface GraphQLRequest {
  path: string;
  headers: Record<string, string>;
  body: string;
}

export function request(query: string, variables: object = {}, accessToken?: string): GraphQLRequest {
  return {
    path: '/graphql',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(accessToken ? { authorization: `Bearer ${accessToken}` } : {}),
    },
    body: JSON.stringify({ query, variables }),
  };
}

export function send(url: string, { path, headers, body }: GraphQLRequest): Promise<Response> {
  return fetch(url + path, { method: 'POST', headers, body });
}

export async function graphql(url: string, asked: GraphQLRequest) {
  const response = await send(url, asked);
  // biome-ignore lint/suspicious/noExplicitAny: the bench knows what it asked for
  return (await response.json()) as any;
}
