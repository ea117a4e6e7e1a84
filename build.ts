/** `npm run build`: `dist/`, which is what is published and what the container runs. Node strips no types below `node_modules`. */
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync, statSync } from 'node:fs';

process.chdir(import.meta.dirname);
// What is gone from `src` must not be published.
rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
// The migrations are read at run time, from beside the code.
cpSync('src', 'dist', {
  recursive: true,
  filter: (path) => statSync(path).isDirectory() || path.endsWith('.sql'),
});
