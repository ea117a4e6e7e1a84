// `detail` quotes whole rows ("Failing row contains …"), PGlite's `params` are the parameters, and its `query` may be a file.
const QUOTING = ['detail', 'params', 'query', 'queryOptions'];

/** Takes from a driver's error what it quotes: password hashes and tokens must not reach a log. Its `code` and `constraint` stay. */
export function withoutValues(error: unknown): unknown {
  if (error instanceof Error) for (const name of QUOTING) Reflect.deleteProperty(error, name);
  return error;
}
