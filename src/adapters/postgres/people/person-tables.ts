/**
 * Every table that keeps something about a person, and what of it they are shown. A test compares this with the tables there are: whoever
 * adds a column decides here whether it is shown.
 */
export interface PersonTable {
  /** Its key in the export. */
  readonly key: string;
  readonly table: string;
  /** Which rows are theirs: `$1` is their id. */
  readonly where: string;
  readonly shown: string;
  /** Secrets and what they could be guessed from; what means nothing outside; and the person's own id, which stands at the top. */
  readonly withheld: string;
}

/** What has a `user_id` and is not read here, and why. */
export const NOT_READ: Readonly<Record<string, string>> = {
  'limen.changes': 'says only that something changed, for as long as tokens of before may be in use',
  'limen.audit_events': 'is shown as `myActivity` shows it, which names no administrator',
  'limen.impersonations':
    'names administrators, and their reasons; `myActivity` and the list of sessions tell of each',
  'limen.webhook_events': 'copies of what is shown of the person anyway, until other services have been told',
  'limen.webhook_deliveries': 'answers of other services, until a week after they were told',
  'limen.mirror_queue': 'ids of whom Supabase is about to be asked',
  'limen.mirror_deletions': 'ids of whom Supabase said that they are gone',
  'limen.sync_seen': 'ids of whom a `limen sync` that is under way has met',
};

const OWN = 'user_id = $1';
const IN_SESSION = 'session_id in (select id from auth.sessions where user_id = $1)';
const IN_FACTOR = 'factor_id in (select id from auth.mfa_factors where user_id = $1)';

export const PERSON_TABLES: readonly PersonTable[] = [
  {
    key: 'user',
    table: 'auth.users',
    where: 'id = $1',
    shown: `id aud role email email_confirmed_at invited_at confirmation_sent_at recovery_sent_at email_change email_change_sent_at
      email_change_confirm_status last_sign_in_at raw_app_meta_data raw_user_meta_data is_super_admin created_at updated_at phone
      phone_confirmed_at phone_change phone_change_sent_at confirmed_at banned_until reauthentication_sent_at is_sso_user
      deleted_at is_anonymous`,
    withheld: `instance_id encrypted_password confirmation_token recovery_token email_change_token_new email_change_token_current
      phone_change_token reauthentication_token`,
  },
  {
    key: 'identities',
    table: 'auth.identities',
    where: OWN,
    shown: 'id provider provider_id identity_data email last_sign_in_at created_at updated_at',
    withheld: 'user_id',
  },
  {
    key: 'sessions',
    table: 'auth.sessions',
    where: OWN,
    shown:
      'id created_at updated_at refreshed_at not_after aal factor_id user_agent ip tag oauth_client_id scopes',
    withheld: 'user_id refresh_token_hmac_key refresh_token_counter',
  },
  {
    key: 'sessionMethods',
    table: 'auth.mfa_amr_claims',
    where: IN_SESSION,
    shown: 'session_id authentication_method created_at updated_at',
    withheld: 'id',
  },
  {
    key: 'refreshTokens',
    table: 'auth.refresh_tokens',
    where: 'user_id = $1::uuid::text',
    shown: 'session_id revoked created_at updated_at',
    withheld: 'instance_id id token user_id parent',
  },
  {
    key: 'factors',
    table: 'auth.mfa_factors',
    where: OWN,
    shown:
      'id friendly_name factor_type status phone web_authn_aaguid created_at updated_at last_challenged_at',
    withheld: 'user_id secret web_authn_credential last_webauthn_challenge_data',
  },
  {
    key: 'factorChallenges',
    table: 'auth.mfa_challenges',
    where: IN_FACTOR,
    shown: 'factor_id created_at verified_at ip_address',
    withheld: 'id otp_code web_authn_session_data',
  },
  {
    key: 'passkeys',
    table: 'auth.webauthn_credentials',
    where: OWN,
    shown: `id friendly_name attestation_type aaguid transports backup_eligible backed_up sign_count created_at updated_at
      last_used_at`,
    withheld: 'user_id credential_id public_key',
  },
  {
    key: 'passkeyChallenges',
    table: 'auth.webauthn_challenges',
    where: OWN,
    shown: 'challenge_type created_at expires_at',
    withheld: 'id user_id session_data',
  },
  {
    key: 'codesSent',
    table: 'auth.one_time_tokens',
    where: OWN,
    shown: 'token_type relates_to created_at updated_at',
    withheld: 'id user_id token_hash',
  },
  {
    key: 'signInsUnderWay',
    table: 'auth.flow_state',
    where: OWN,
    shown: 'provider_type authentication_method referrer created_at updated_at auth_code_issued_at',
    withheld: `id user_id auth_code code_challenge_method code_challenge provider_access_token provider_refresh_token
      invite_token oauth_client_state_id linking_target_id email_optional`,
  },
  {
    key: 'applicationsAllowed',
    table: 'auth.oauth_consents',
    where: OWN,
    shown: 'client_id scopes granted_at revoked_at',
    withheld: 'id user_id',
  },
  {
    key: 'applicationsAsking',
    table: 'auth.oauth_authorizations',
    where: OWN,
    shown: 'client_id redirect_uri scope resource status created_at expires_at approved_at',
    withheld:
      'id authorization_id user_id state code_challenge code_challenge_method response_type authorization_code nonce',
  },
  {
    key: 'recoveryCodes',
    table: 'limen.recovery_code_sets',
    where: OWN,
    shown: 'id friendly_name created_at updated_at',
    withheld: 'user_id',
  },
  {
    key: 'secondFactorsAwaited',
    table: 'limen.sign_in_challenges',
    where: OWN,
    shown: 'session_id attempts created_at expires_at',
    withheld: 'id_hash user_id sealed busy_until',
  },
  {
    key: 'onboarding',
    table: 'limen.onboardings',
    where: OWN,
    shown: 'completed_at',
    withheld: 'user_id',
  },
  {
    key: 'consents',
    table: 'limen.consents',
    where: OWN,
    shown: 'purpose granted at',
    withheld: 'sequence user_id',
  },
  {
    key: 'quartersActive',
    table: 'limen.activity',
    where: OWN,
    shown: 'quarter sign_ins has_onboarded',
    withheld: 'user_id',
  },
  {
    key: 'deletion',
    table: 'limen.account_deletions',
    where: OWN,
    shown: 'requested_at deletes_at',
    withheld: 'user_id due_at begun_at',
  },
  {
    // The contents hold codes and links.
    key: 'messages',
    table: 'limen.outbox',
    where: OWN,
    shown: 'channel recipient created_at sent_at given_up_at',
    withheld: 'id user_id payload due_at attempts last_error',
  },
];
