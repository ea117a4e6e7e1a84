/** The SQL that is shipped beside the code. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface SqlFile {
  /** Without the ending. */
  readonly name: string;
  readonly sql: string;
}

/** The files of a folder beside this one, in the order of their names. */
export async function readSqlFiles(folder: string): Promise<SqlFile[]> {
  const path = join(import.meta.dirname, folder);
  const names = (await readdir(path)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(path, name), 'utf8');
      // Git may have changed the line ends on the way to this machine, and checksums must not see it.
      return { name: name.slice(0, -'.sql'.length), sql: text.replaceAll('\r\n', '\n') };
    }),
  );
}

/** SHA-256, in hexadecimal. */
export function checksumOf(sql: string): string {
  return createHash('sha256').update(sql).digest('hex');
}
