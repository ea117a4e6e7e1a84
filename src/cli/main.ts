#!/usr/bin/env node
/** The `limen` command. On an older Node the rest would not even load, and say so in words that help nobody. */
import { keepCompiled } from '../compile-cache.ts';

const NEEDED = 24;

if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  process.stderr.write(`limen needs Node ${NEEDED} or newer; this is ${process.versions.node}.\n`);
  process.exitCode = 78;
} else {
  keepCompiled();
  await import('./run.ts');
}
