/** A real SMTP server that does as it is told: takes mail, refuses it, stalls. */
import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { onTestFinished } from 'vitest';

export type Behaviour = 'accept' | 'defer' | 'refuse-recipient' | 'stall' | 'drop-after-data';

export interface MailServer {
  readonly url: string;
  readonly received: { to: string[]; mail: Email }[];
  behaviour: Behaviour;
  /** How often somebody connected. */
  connections: number;
}

export async function startMailServer(port = 0): Promise<MailServer & { close(): Promise<void> }> {
  const state: MailServer = { url: '', received: [], behaviour: 'accept', connections: 0 };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onConnect(_session, callback) {
      state.connections++;
      if (state.behaviour !== 'stall') callback();
    },
    onRcptTo(_address, _session, callback) {
      const code = { defer: 451, 'refuse-recipient': 550 }[state.behaviour as string];
      const text = 'no thanks, ada@example.com; see https://mail.example.com/why?token=a-token';
      callback(code ? Object.assign(new Error(text), { responseCode: code }) : null);
    },
    onData(stream, session, callback) {
      const chunks: Uint8Array[] = [];
      stream.on('data', (chunk: Uint8Array) => chunks.push(chunk));
      stream.on('end', async () => {
        const mail = await PostalMime.parse(Buffer.concat(chunks));
        state.received.push({ to: session.envelope.rcptTo.map(({ address }) => address), mail });
        if (state.behaviour === 'drop-after-data') return void server.close();
        callback();
      });
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: taken } = server.server.address() as AddressInfo;
  const close = () => new Promise<void>((resolve) => void server.close(() => resolve()));
  onTestFinished(close);
  return Object.assign(state, { url: `smtp://127.0.0.1:${taken}`, close });
}
