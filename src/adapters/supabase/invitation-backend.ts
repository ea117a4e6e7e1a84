import type { GenerateLinkParams } from '@supabase/supabase-js';
import { UserNotFoundError } from '../../identity/errors.ts';
import type { JsonObject } from '../../identity/json.ts';
import type {
  ActionLink,
  InvitationBackend,
  LinkRequest,
} from '../../identity/sign-in/invitation-backend.ts';
import type { Calls } from './calls.ts';
import { outcomeOf } from './outcome.ts';
import { accountFromUser } from './user.ts';

export class SupabaseInvitationBackend implements InvitationBackend {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  async invite(input: { email: string; userMetadata: JsonObject; redirectTo: string | null }) {
    const options = { data: input.userMetadata, ...redirectOf(input) };
    const answer = await this.#calls.asAdmin((auth) => auth.admin.inviteUserByEmail(input.email, options));
    if (answer.error) throw outcomeOf(answer.error, answer.transport);
    return accountFromUser(answer.data.user);
  }

  async generateLink(request: LinkRequest): Promise<ActionLink> {
    const answer = await this.#calls.asAdmin((auth) => auth.admin.generateLink(paramsOf(request)));
    if (answer.error?.code === 'user_not_found') throw new UserNotFoundError();
    if (answer.error) throw outcomeOf(answer.error, answer.transport);
    const { properties, user } = answer.data;
    return {
      url: properties.action_link,
      oneTimeCode: properties.email_otp,
      tokenHash: properties.hashed_token,
      // The types of the two halves of a change are for this call alone: both are presented as a change.
      verificationType: properties.verification_type.replace(
        /^email_change_(?:current|new)$/,
        'email_change',
      ),
      redirectTo: properties.redirect_to || null,
      account: accountFromUser(user),
    };
  }
}

function paramsOf({ type, email, newEmail, password, userMetadata, redirectTo }: LinkRequest) {
  const data = Object.keys(userMetadata).length > 0 ? { data: userMetadata } : {};
  return {
    type,
    email,
    ...(newEmail && { newEmail }),
    ...(password && { password }),
    options: { ...data, ...redirectOf({ redirectTo }) },
  } as GenerateLinkParams;
}

const redirectOf = ({ redirectTo }: { redirectTo: string | null }) => (redirectTo ? { redirectTo } : {});
