import { createAdmin } from '../identity/administration/administrator.ts';
import { ownClient } from '../identity/client.ts';
import { EmailTakenError, UserError, ValidationError } from '../identity/errors.ts';
import { CommandError, readArguments, withApp } from './command.ts';

export async function addAdmin(args: string[]): Promise<string> {
  const { positionals } = readArguments({ args, allowPositionals: true });
  const [address, ...others] = positionals;
  if (!address || others.length > 0) throw new CommandError('One address: limen admin ADDRESS');
  return withApp(async (app) => {
    const auth = app.authFor(ownClient('limen admin'));
    try {
      const { email, password } = await createAdmin({ auth }, address);
      return `${email} is an administrator. The password, shown this once: ${password}\n`;
    } catch (error) {
      throw error instanceof UserError ? new CommandError(reasonOf(error, address), { cause: error }) : error;
    }
  });
}

function reasonOf(error: UserError, address: string): string {
  if (error instanceof EmailTakenError) {
    return `${address} has an account already; another administrator can give it the role by the mutation setUserRoles.`;
  }
  if (error instanceof ValidationError) return error.issues.map(({ message }) => message).join(' ');
  return error.message;
}
