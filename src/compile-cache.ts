/** Code is kept compiled beside the packages, so that the next start takes less time. To be called before anything else is imported. */
import module from 'node:module';
import { join } from 'node:path';

/**
 * Not in the system's temporary folder, where others could put code for us. Where the folder cannot be written nothing is kept, and nothing
 * is wrong.
 */
export function keepCompiled(): void {
  // An older Node lacks it, and is told to go elsewhere.
  module.enableCompileCache?.(join(import.meta.dirname, '../node_modules/.cache/limen'));
}
