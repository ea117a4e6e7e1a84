/** Supabase Auth's error codes as the outcomes our callers know. Only codes are looked at, never messages. */
import type { AuthError } from '@supabase/supabase-js';
import { DeniedError } from '../../identity/denial.ts';
import {
  AccountBannedError,
  EmailNotConfirmedError,
  EmailTakenError,
  InvalidCodeError,
  InvalidCredentialsError,
  InvalidRefreshTokenError,
  ManagedElsewhereError,
  NotEnabledError,
  NotSupportedError,
  PhoneNotConfirmedError,
  PhoneTakenError,
  RateLimitedError,
  ReauthenticationRequiredError,
  RefusedError,
  SamePasswordError,
  ServiceUnavailableError,
  SignupDisabledError,
  ValidationError,
  WeakPasswordError,
  type WeakPasswordReason,
} from '../../identity/errors.ts';
import {
  AssuranceRequiredError,
  FactorNameTakenError,
  FactorNotFoundError,
  InvalidMfaCodeError,
  LastFactorError,
  TooManyFactorsError,
} from '../../identity/factors/factor-errors.ts';
import {
  PasskeyChallengeExpiredError,
  PasskeyExistsError,
  PasskeyNotAcceptedError,
  PasskeyNotFoundError,
  TooManyPasskeysError,
} from '../../identity/factors/passkey-errors.ts';
import {
  IdentityAlreadyLinkedError,
  IdentityNotFoundError,
  InvalidAuthCodeError,
  LastIdentityError,
  LinkingDisabledError,
  ProviderDisabledError,
  ProviderEmailUnverifiedError,
} from '../../identity/sign-in/provider-errors.ts';
import type { Transport } from './call.ts';

/** What a sign-in is refused with where nobody else has anything to say. */
const USUAL_REFUSAL = 'Invalid login credentials';

const BY_CODE = new Map<string, (error: AuthError) => Error>(
  Object.entries({
    // The password verification hook refuses under the same code, in words that the operator chose.
    invalid_credentials: ({ message }) =>
      message === USUAL_REFUSAL ? new InvalidCredentialsError() : new InvalidCredentialsError(message),
    current_password_invalid: () => new InvalidCredentialsError(),
    current_password_required: () => new InvalidCredentialsError(),
    otp_expired: () => new InvalidCodeError(),
    email_not_confirmed: () => new EmailNotConfirmedError(),
    phone_not_confirmed: () => new PhoneNotConfirmedError(),
    user_banned: () => new AccountBannedError(),
    user_already_exists: () => new EmailTakenError(),
    email_exists: () => new EmailTakenError(),
    phone_exists: () => new PhoneTakenError(),
    anonymous_provider_disabled: () => new NotEnabledError(),
    phone_provider_disabled: () => new NotEnabledError(),
    signup_disabled: () => new SignupDisabledError(),
    email_provider_disabled: () => new SignupDisabledError(),
    same_password: () => new SamePasswordError(),
    reauthentication_needed: () => new ReauthenticationRequiredError(),
    reauthentication_not_valid: () => new InvalidCodeError(),
    insufficient_aal: () => new AssuranceRequiredError(),
    mfa_verification_failed: () => new InvalidMfaCodeError(),
    // A code is sent together with a challenge of its own: what goes wrong with that one goes away with the next code.
    mfa_challenge_expired: () => new InvalidMfaCodeError(),
    mfa_ip_address_mismatch: () => new InvalidMfaCodeError(),
    mfa_factor_not_found: () => new FactorNotFoundError(),
    mfa_factor_name_conflict: () => new FactorNameTakenError(),
    too_many_enrolled_mfa_factors: () => new TooManyFactorsError(),
    mfa_recovery_codes_sole_factor: () => new LastFactorError(),
    mfa_totp_enroll_not_enabled: () => new NotSupportedError('TOTP_ENROLMENT'),
    mfa_totp_verify_not_enabled: () => new NotSupportedError('TOTP'),
    mfa_recovery_codes_enroll_not_enabled: () => new NotSupportedError('RECOVERY_CODES'),
    mfa_recovery_codes_verify_not_enabled: () => new NotSupportedError('RECOVERY_CODES'),
    passkey_disabled: () => new NotSupportedError('PASSKEYS'),
    webauthn_challenge_not_found: () => new PasskeyChallengeExpiredError(),
    webauthn_challenge_expired: () => new PasskeyChallengeExpiredError(),
    webauthn_verification_failed: () => new PasskeyNotAcceptedError(),
    webauthn_credential_exists: () => new PasskeyExistsError(),
    webauthn_credential_not_found: () => new PasskeyNotFoundError(),
    too_many_passkeys: () => new TooManyPasskeysError(),
    refresh_token_not_found: () => new InvalidRefreshTokenError(),
    refresh_token_already_used: () => new InvalidRefreshTokenError(),
    session_expired: () => new InvalidRefreshTokenError(),
    validation_failed: () => new ValidationError([INPUT_ISSUE]),
    email_address_invalid: () => new ValidationError([EMAIL_ISSUE]),
    email_address_not_authorized: () => new ValidationError([EMAIL_ISSUE]),
    user_sso_managed: () => new ManagedElsewhereError(),
    // Without a code of its own: what a hook says.
    unknown: ({ message }) => new RefusedError(message),
    mfa_verification_rejected: ({ message }) => new RefusedError(message),
    hook_timeout: () => new ServiceUnavailableError(1),
    hook_timeout_after_retry: () => new ServiceUnavailableError(1),
    hook_payload_over_size_limit: () => new ServiceUnavailableError(1),
    hook_payload_invalid_content_type: () => new ServiceUnavailableError(1),
    flow_state_not_found: () => new InvalidAuthCodeError(),
    flow_state_expired: () => new InvalidAuthCodeError(),
    bad_code_verifier: () => new InvalidAuthCodeError(),
    provider_disabled: () => new ProviderDisabledError(),
    provider_email_needs_verification: () => new ProviderEmailUnverifiedError(),
    identity_already_exists: () => new IdentityAlreadyLinkedError(),
    identity_not_found: () => new IdentityNotFoundError(),
    single_identity_not_deletable: () => new LastIdentityError(),
    email_conflict_identity_not_deletable: () => new EmailTakenError(),
    manual_linking_disabled: () => new LinkingDisabledError(),
    impersonation_disabled: () => new NotEnabledError(),
    impersonated: () => new DeniedError('FORBIDDEN', 'IMPERSONATED'),
    provider_unavailable: () => new ServiceUnavailableError(5),
    // Somebody else changed the same row in the same moment.
    conflict: () => new ServiceUnavailableError(1),
  }),
);

const EMAIL_ISSUE = { path: ['email'], code: 'NOT_ACCEPTED', message: 'This address is not accepted.' };

const INPUT_ISSUE = {
  path: [],
  code: 'NOT_ACCEPTED',
  message: 'The auth server does not accept this input.',
};

/** Per user and in seconds: the protocol's own pause between two mails, assumed where the server sends no `Retry-After`. */
const USUAL_PAUSE_SECONDS = 60;

/** Codes that have an outcome of their own; beside them `weak_password` and all that begin with `over_`. */
export const KNOWN_CODES: ReadonlySet<string> = new Set(BY_CODE.keys());

/** The outcome behind an error. Codes nobody expected are thrown on as they are, to be logged and masked. */
export function outcomeOf(error: AuthError, transport: Transport): Error {
  const code = error.code ?? '';
  if (code === 'weak_password') {
    const reasons = ((error as { reasons?: WeakPasswordReason[] }).reasons ?? []).filter(isReason);
    return new WeakPasswordError(error.message, reasons);
  }
  if (code.startsWith('over_') || error.status === 429) {
    return new RateLimitedError(transport.retryAfterSeconds ?? USUAL_PAUSE_SECONDS);
  }
  return (
    BY_CODE.get(code)?.(error) ??
    new Error(`Supabase Auth answered ${error.status} ${code}.`, { cause: error })
  );
}

const isReason = (reason: string): reason is WeakPasswordReason =>
  reason === 'length' || reason === 'characters' || reason === 'pwned';
