/** Relay connections over keyset pages. */
import { type PageInfoShape, resolveCursorConnection } from '@pothos/plugin-relay';
import {
  checkPage,
  DEFAULT_PAGE,
  encodeCursor,
  type Keyset,
  MAX_PAGE,
  type PageArguments,
} from '../identity/page.ts';

export interface PageRequest {
  /** One more than the page has, which tells whether there is another. */
  readonly limit: number;
  /** Cursors of the rows the page lies between; undefined where it begins or ends with the list. */
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  /** Whether to read from the end, so that the row nearest to it comes first. */
  readonly inverted: boolean;
}

export interface Connection<Item> {
  readonly edges: { cursor: string; node: Item }[];
  readonly pageInfo: PageInfoShape;
}

/**
 * @param read the rows of a page, in the order it is read in
 * @throws {ValidationError}
 */
export async function resolvePage<Item>(
  args: PageArguments,
  keysetOf: (item: Item) => Keyset,
  read: (page: PageRequest) => Promise<Item[]>,
): Promise<Connection<Item>> {
  checkPage(args);
  const toCursor = (item: Item) => encodeCursor(keysetOf(item));
  // Its types lose the item's on the way.
  const page = (await resolveCursorConnection(
    { args, defaultSize: DEFAULT_PAGE, maxSize: MAX_PAGE, toCursor },
    read,
  )) as Connection<Item>;
  if (page.edges.length > 0) return page;
  // The plugin repeats the caller's cursor there, or makes up an empty one.
  return { ...page, pageInfo: { ...page.pageInfo, startCursor: null, endCursor: null } };
}
