/** Makes of a message what is sent: the operator's template where there is one, ours otherwise, in the best language there is. */
import type { JsonObject } from '../../../identity/json.ts';
import type { QueuedMessage } from '../delivery.ts';
import { type MailMessage, REQUEST_TEMPLATES, type TextMessage } from '../message.ts';
import { type ParsedTemplate, parseTemplate } from './engine.ts';
import { languageFor } from './language.ts';
import { HTML_LAYOUT, TEXT_LAYOUT } from './layout.ts';
import type { Part, TemplateFolder, TemplateName } from './template-folder.ts';
import { LAYOUT_VARIABLES, type Site, VARIABLES, type Variables, variablesOf } from './variables.ts';
import type { MailWords, Words } from './words.ts';
import { german } from './words-de.ts';
import { english } from './words-en.ts';

export interface RenderedMail {
  /** On one line. */
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  /** BCP 47. */
  readonly language: string;
}

export interface MailRenderer {
  renderMail(message: QueuedMessage<MailMessage>): Promise<RenderedMail>;
  renderText(message: QueuedMessage<TextMessage>): Promise<string>;
}

export interface MailRendererOptions {
  site: Site;
  /** Null: everything as it is built in. */
  overrides: TemplateFolder | null;
  /** The person's `user_metadata`; asked for only where a template speaks of it. */
  metadataOf(userId: string): Promise<JsonObject>;
}

const BUILT_IN: ReadonlyMap<string, Words> = new Map([
  ['en', english],
  ['de', german],
]);
const DEFAULT_LANGUAGE = 'en';

const LAYOUTS = { html: HTML_LAYOUT, text: TEXT_LAYOUT };

export function createMailRenderer({ site, overrides, metadataOf }: MailRendererOptions): MailRenderer {
  /** Undefined where the operator has none. */
  const override = (name: TemplateName, part: Part, language: string): ParsedTemplate | undefined =>
    overrides?.byLanguage.get(language)?.get(`${name}.${part}`) ??
    overrides?.anyLanguage.get(`${name}.${part}`);

  /** A language of the operator's may have some of the mails, and then it is chosen for those. */
  const languageOf = (locale: string | null, name: TemplateName) =>
    languageFor(
      locale,
      (tag) =>
        BUILT_IN.has(tag) ||
        [...(overrides?.byLanguage.get(tag)?.keys() ?? [])].some((key) => key.startsWith(`${name}.`)),
    ) ?? DEFAULT_LANGUAGE;

  const variablesFor = async (
    message: MailMessage | TextMessage,
    language: string,
    templates: ParsedTemplate[],
  ) =>
    variablesOf(message, {
      site,
      language,
      factorTypes: wordsOf(language).factorTypes,
      metadata: templates.some(({ usesData }) => usesData) ? await metadataOf(message.userId) : {},
    });

  return {
    async renderMail(message) {
      const { template } = message;
      const language = languageOf(message.locale, template);
      const own = (part: Part) => override(template, part, language);
      const layout = (part: 'html' | 'text') =>
        override('layout', part, language) ??
        parsed(LAYOUTS[part], part, [...VARIABLES, ...LAYOUT_VARIABLES]);
      const templates = {
        subject: own('subject'),
        html: own('html') ?? layout('html'),
        text: own('text') ?? layout('text'),
      };
      const used = Object.values(templates).filter((one) => one !== undefined);
      const variables = await variablesFor(message, language, used);
      const subject = onOneLine(
        templates.subject?.render(variables) ?? say(wordsOf(language).mails[template].subject, variables),
      );
      const all = { ...variables, Subject: subject, ...layoutVariables(message, variables) };
      return { subject, html: templates.html.render(all), text: templates.text.render(all), language };
    },

    async renderText(message) {
      const language = languageOf(message.locale, 'phone-code');
      const own = override('phone-code', 'text', language);
      const variables = await variablesFor(message, language, own ? [own] : []);
      return onOneLine(own?.render(variables) ?? say(wordsOf(language).phoneCode, variables));
    },
  };

  function wordsOf(language: string): Words {
    return BUILT_IN.get(languageFor(language, (tag) => BUILT_IN.has(tag)) ?? DEFAULT_LANGUAGE)!;
  }

  function layoutVariables(message: MailMessage, variables: Variables) {
    const words = wordsOf(variables.Language);
    const mail: MailWords = words.mails[message.template];
    const isRequest = (REQUEST_TEMPLATES as readonly string[]).includes(message.template);
    const tells = message.template !== 'account-exists';
    const usual = isRequest ? words.ifNotYou : tells ? words.ifNotYouNotice : '';
    const url = isRequest ? variables.ConfirmationURL : variables.RedirectTo || variables.SiteURL;
    return {
      Heading: say(mail.heading, variables),
      Lines: mail.lines.map((line) => say(line, variables)),
      Action: mail.action && url ? say(mail.action, variables) : '',
      ActionURL: url,
      LinkHint: words.linkHint,
      CodeHint: mail.codeHint && variables.Token ? mail.codeHint : '',
      Closing: mail.closing ? say(mail.closing, variables) : usual,
      Why: say(words.why, variables),
    };
  }
}

const cache = new Map<string, ParsedTemplate>();

/** Of ours there are few, so each is parsed once. */
function parsed(source: string, kind: 'html' | 'text', known: readonly string[]): ParsedTemplate {
  const template = cache.get(source) ?? parseTemplate(source, kind, known);
  cache.set(source, template);
  return template;
}

const say = (words: string, variables: Variables) => parsed(words, 'text', VARIABLES).render(variables);

/** A header is one line, whatever was filled in. */
const onOneLine = (text: string) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
