/** What a template may fill in: Supabase's names, and a few more. */
import type { JsonObject } from '../../../identity/json.ts';
import type { MailMessage, TextMessage } from '../message.ts';
import { directionOf } from './language.ts';

/** The application that mails, as its operator calls it. */
export interface Site {
  readonly name: string;
  readonly url: string;
}

/** Of a mail in one of our layouts. */
export const LAYOUT_VARIABLES = [
  'Subject',
  'Heading',
  'Lines',
  'Action',
  'ActionURL',
  'LinkHint',
  'CodeHint',
  'Closing',
  'Why',
] as const;

/** An absent one is empty, as in Supabase's templates. */
export interface Variables {
  readonly ConfirmationURL: string;
  readonly Token: string;
  readonly TokenHash: string;
  readonly SiteURL: string;
  readonly SiteName: string;
  readonly RedirectTo: string;
  /** Whom the account belongs to; while an address changes, the one it still has. */
  readonly Email: string;
  readonly NewEmail: string;
  readonly OldEmail: string;
  readonly SendingTo: string;
  readonly Phone: string;
  readonly OldPhone: string;
  readonly Provider: string;
  readonly FactorType: string;
  /** The kind of factor in the language of the mail. */
  readonly FactorName: string;
  /** What the person's `user_metadata` holds, and what an invitation says. */
  readonly Data: JsonObject;
  readonly Language: string;
  readonly Direction: string;
}

const NONE: Variables = {
  ConfirmationURL: '',
  Token: '',
  TokenHash: '',
  SiteURL: '',
  SiteName: '',
  RedirectTo: '',
  Email: '',
  NewEmail: '',
  OldEmail: '',
  SendingTo: '',
  Phone: '',
  OldPhone: '',
  Provider: '',
  FactorType: '',
  FactorName: '',
  Data: {},
  Language: '',
  Direction: '',
};

export const VARIABLES = Object.keys(NONE);

export function variablesOf(
  message: MailMessage | TextMessage,
  {
    site,
    language,
    metadata,
    factorTypes,
  }: {
    site: Site;
    language: string;
    metadata: JsonObject;
    factorTypes: Readonly<Record<string, string>>;
  },
): Variables {
  const about = {
    SiteURL: site.url,
    SiteName: site.name,
    Language: language,
    Direction: directionOf(language),
  };
  const common = { ...NONE, ...about, SendingTo: message.to, Data: metadata };
  if (message.channel === 'sms') return { ...common, Phone: message.to, Token: message.code ?? '' };
  const { data } = message;
  const text = (name: string) => (typeof data[name] === 'string' ? data[name] : '');
  const factorType = text('factorType');
  return {
    ...common,
    ConfirmationURL: message.link ?? '',
    Token: message.code ?? '',
    TokenHash: message.tokenHash ?? '',
    RedirectTo: message.redirectTo ?? '',
    Email: text(message.template === 'email-changed' ? 'newEmail' : 'oldEmail') || message.to,
    NewEmail: text('newEmail'),
    OldEmail: text('oldEmail'),
    Phone: text('newPhone'),
    OldPhone: text('oldPhone'),
    Provider: text('provider'),
    FactorType: factorType,
    FactorName: factorTypes[factorType] ?? factorType,
    Data: { ...metadata, ...data },
  };
}
