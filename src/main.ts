/** The server's first step: what follows is loaded after it, and so from code that is compiled already. */
import { keepCompiled } from './compile-cache.ts';

keepCompiled();
await import('./serve.ts');
