/** The least a login costs: one Argon2id verification with Limen's parameters. Prints how many a second all cores manage. */
import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';

const stored = await hash('correct horse battery staple', {
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
});
const until = performance.now() + Number(process.env.SECONDS) * 1000;
let done = 0;

async function verifyOverAndOver(): Promise<void> {
  while (performance.now() < until) {
    await verify(stored, 'correct horse battery staple');
    done += 1;
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, verifyOverAndOver));
process.stdout.write(`${done / Number(process.env.SECONDS)}\n`);
