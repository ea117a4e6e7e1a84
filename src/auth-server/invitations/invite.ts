import { z } from 'zod';
import type { MailMessage } from '../../adapters/mail/message.ts';
import { mailLink } from '../links/mailed-link.ts';
import { requireAdmin } from '../protocol/bearer.ts';
import { optionalObject, readBody } from '../protocol/body.ts';
import { type Call, type Endpoints, newEndpoints, type Services } from '../protocol/endpoint.ts';
import { conflict } from '../protocol/protocol-error.ts';
import { redirectTo } from '../protocol/redirect-to.ts';
import { countSending } from '../protocol/sending-limit.ts';
import { admitUser } from '../sign-up/admitted-user.ts';
import { parseEmailAddress } from '../users/email-address.ts';
import { findUserById, fullUserJson } from '../users/user-row.ts';
import { newInvitee, prepareInvitee } from './invitation.ts';

const Body = z.object({ email: z.string(), data: optionalObject });

export function inviteEndpoints(services: Services): Endpoints {
  return newEndpoints().post('/invite', (call) => invite(services, call));
}

/** Open also where sign-ups are closed: it is how people come in there. */
async function invite(services: Services, call: Call): Promise<Response> {
  const { database, outbox, changes, clock } = services;
  await requireAdmin(services, call.req.raw);
  const { email: given, data = {} } = await readBody(call.req.raw, Body);
  const email = parseEmailAddress(given);
  await countSending(services, call.var.client, 'mail', email);
  const now = clock();
  const invited = newInvitee({ email, data, now });
  const admitted = await admitUser(services, call.var.client, invited, 'user.invited');
  const user = await database.transaction(async (tx) => {
    const invitee = await prepareInvitee(tx, admitted);
    await mailLink(services, tx, invitee, email, {
      type: 'invite',
      challenge: undefined,
      redirectTo: redirectTo(call),
      // It came as JSON.
      data: data as MailMessage['data'],
      now,
    });
    return findUserById(tx, invitee.id);
  });
  if (!user) throw conflict();
  outbox.wake();
  changes.userChanged(user.id);
  return call.json(fullUserJson(user));
}
