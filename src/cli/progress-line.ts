/** How far a command is, in a line that is written over and over. Only where somebody is looking: on a pipe it says nothing. */
import type { WriteStream } from 'node:tty';

const WIDTH = 30;
/** Erases the line and goes to its beginning. */
const CLEAR = '\r\u001b[K';

export function progressLine(stream: Pick<WriteStream, 'isTTY' | 'write'>) {
  const write = (text: string) => void (stream.isTTY && stream.write(`${CLEAR}${text}`));
  return {
    /** @param total null where nobody knows */
    show(done: number, total: number | null): void {
      write(total ? `${bar(Math.min(done / total, 1))}  ${done} of ${total}` : `${done}`);
    },
    clear: () => write(''),
  };
}

function bar(share: number): string {
  const filled = Math.round(share * WIDTH);
  return `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${Math.floor(share * 100)} %`;
}
