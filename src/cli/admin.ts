import { UserError } from '../identity/errors.ts';
import { createAdmin } from '../identity/first-admin.ts';
import { CommandError, withApp } from './command.ts';

export function addAdmin([email]: string[]): Promise<string> {
  if (!email) throw new CommandError('limen admin ADDRESS');
  return withApp(async (app) => {
    const auth = app.authFor({ address: '127.0.0.1', userAgent: null, requestId: 'limen admin' });
    try {
      const admin = await createAdmin({ auth }, email);
      return `${admin.email} is an administrator. The password, shown this once: ${admin.password}\n`;
    } catch (error) {
      throw error instanceof UserError ? new CommandError(error.message, { cause: error }) : error;
    }
  });
}
