/** The whole GraphQL schema. Each module adds its noun to the builder. */
import './scalars.ts';
import './errors.ts';
import './user.ts';
import './viewer.ts';
import './session.ts';
import './refresh-session.ts';
import './address-change.ts';
import './anonymous.ts';
import './invitation.ts';
import './login.ts';
import './sign-up.ts';
import './verify-email.ts';
import './sign-in-code.ts';
import './password-reset.ts';
import './factors.ts';
import './mfa.ts';
import './profile.ts';
import './password.ts';
import './reauthentication.ts';
import './roles.ts';
import './live.ts';
import './oauth.ts';
import './identity.ts';
import { builder } from './builder.ts';

export const schema = builder.toSchema();
