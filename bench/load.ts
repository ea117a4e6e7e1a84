import autocannon from 'autocannon';

export interface Load {
  requests: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** Sends one request over and over from this process. @throws when any answer is not a 200 */
export async function measureLoad(
  url: string,
  { path, headers, body }: { path: string; headers: Record<string, string>; body: string },
  length: { connections: number } & ({ seconds: number } | { requests: number }),
): Promise<Load> {
  const result = await autocannon({
    url: url + path,
    method: 'POST',
    headers,
    body,
    connections: length.connections,
    ...('seconds' in length ? { duration: length.seconds } : { amount: length.requests }),
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${result.non2xx} answers were no 200, and ${result.errors} requests failed.`);
  }
  return {
    requests: result.requests.total,
    perSecond: result.requests.total / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  };
}
