/** What a language needs to say all that Limen mails. */
import type { MailTemplate } from '../message.ts';

/** Texts without markup, in Liquid. Nothing that strangers can write about somebody stands in them: only addresses, codes and links. */
export interface MailWords {
  readonly subject: string;
  readonly heading: string;
  /** A paragraph each. */
  readonly lines: readonly string[];
  /** What the button says; without one the mail has no link. */
  readonly action?: string;
  /** What stands before the code; without it the mail has no code. */
  readonly codeHint?: string;
  /** In place of what stands beneath others of its kind. */
  readonly closing?: string;
}

export interface Words {
  readonly mails: Readonly<Record<MailTemplate, MailWords>>;
  /** A text message that brings a code. */
  readonly phoneCode: string;
  /** Before the address of the link, for those who cannot press the button. */
  readonly linkHint: string;
  /** Beneath what asks for something. */
  readonly ifNotYou: string;
  /** Beneath what tells of something. */
  readonly ifNotYouNotice: string;
  /** The last line: why this mail came. */
  readonly why: string;
  /** Kinds of second factors; others go by their own name. */
  readonly factorTypes: Readonly<Record<string, string>>;
}
