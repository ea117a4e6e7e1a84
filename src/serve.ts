/** Starts Limen: configuration, application, socket, signals. */
import { createApp } from './app.ts';
import { printBanner } from './banner.ts';
import { environment, readConfig } from './config/config.ts';
import { listen } from './http/server.ts';
import { createFirstAdmin } from './identity/administration/administrator.ts';
import { ownClient } from './identity/client.ts';
import { UserError } from './identity/errors.ts';
import { createLog } from './log.ts';
import { reportStartupError } from './startup-error.ts';

try {
  await start();
} catch (error) {
  process.exit(reportStartupError(error));
}

async function start() {
  const config = readConfig(environment());
  const log = createLog(config.logLevel);
  for (const warning of config.warnings) log.warn(warning);
  const app = await createApp(config, { log });
  // Listens first: where the port is taken, nobody would ever be shown the password.
  const server = await listen(app, { host: config.http.host, port: config.http.port, log });
  let stopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    // A second Ctrl-C means now.
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping');
    app.beginShutdown();
    await Promise.all([server.close(), ...app.workers.map((worker) => worker.stop())]);
    await app.close();
    process.exit(0);
  };
  // Before anybody is told of the address, and so could mean this process by a signal.
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  const firstAdmin =
    config.auth.kind === 'embedded' && !config.production
      ? await createFirstAdmin({
          auth: app.authFor(ownClient('start')),
          exclusively: (name, work) => app.database.exclusively(name, work),
        }).catch((error) => {
          // A hook of the operator's is asked about this account too, and may say no, or be down.
          if (!(error instanceof UserError)) throw error;
          log.warn({ code: error.code, reason: error.message }, 'no first administrator was made');
          return null;
        })
      : null;
  for (const worker of app.workers) worker.start();
  log.info({ url: server.url }, 'listening');
  // In production standard output belongs to the log.
  if (!config.production) printBanner(config, server.url, firstAdmin);
}
