import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createTransport } from 'nodemailer';
import PostalMime from 'postal-mime';
import { describe, expect, test } from 'vitest';
import {
  type MailTemplate,
  NOTICE_TEMPLATES,
  REQUEST_TEMPLATES,
} from '../../../src/adapters/mail/message.ts';
import {
  MailTemplatesError,
  readTemplateFolder,
} from '../../../src/adapters/mail/templates/template-folder.ts';
import { temporaryFolder } from '../../support/process.ts';
import { createTestRenderer, mail, queued } from './messages.ts';

const HOSTILE = `<img src=x onerror=alert(1)>"'&\r\nBcc: eve@example.com`;

function folderOf(files: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const rendererWith = async (files: Record<string, string>, metadata = {}) =>
  createTestRenderer({
    overrides: await readTemplateFolder(folderOf(files)),
    metadataOf: async () => metadata,
  });

async function problemsOf(files: Record<string, string>): Promise<string> {
  const error = await readTemplateFolder(folderOf(files)).then(
    () => null,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(MailTemplatesError);
  return (error as Error).message;
}

/** As it is on the wire, and read back. */
async function overTheWire(rendered: { subject: string; html: string; text: string }) {
  const { message } = await createTransport({ streamTransport: true, buffer: true }).sendMail({
    ...rendered,
  });
  return PostalMime.parse(message as Buffer);
}

const ALL: MailTemplate[] = [...REQUEST_TEMPLATES, ...NOTICE_TEMPLATES];
const withCodeOnly = (template: MailTemplate) => template === 'reauthentication';
const isRequest = (template: MailTemplate) => (REQUEST_TEMPLATES as readonly string[]).includes(template);

describe.each(['en', 'de'])('built-in mails in %s', (locale) => {
  test('account-deleted says whom to write to: there is no password left to be reset', async () => {
    const { html, text } = await createTestRenderer().renderMail(queued(mail('account-deleted', { locale })));
    for (const part of [html, text]) {
      expect(part).toMatch(/(You find them at|Sie finden sie unter) https:\/\//);
      expect(part).not.toMatch(/reset your password|Passwort/);
    }
  });

  test.each(ALL)(
    '%s has its link and code in HTML and text, and nothing that is not escaped',
    async (template) => {
      const message = mail(template, {
        locale,
        to: 'ada@example.com',
        ...(isRequest(template) ? {} : { code: null, link: null, tokenHash: null }),
        ...(withCodeOnly(template) && { link: null }),
        data: { newEmail: HOSTILE, oldEmail: HOSTILE, provider: HOSTILE, factorType: HOSTILE, name: HOSTILE },
      });
      const rendered = await createTestRenderer().renderMail(queued(message));
      expect(rendered.language).toBe(locale);
      expect(rendered.subject).not.toMatch(/[\r\n]/);
      expect(rendered.html).toContain(`<html lang="${locale}" dir="ltr">`);
      expect(rendered.html).not.toMatch(/<img|<script|<table|\{\{|\{%|undefined|\[object/);
      expect(rendered.text).not.toMatch(/\n{3}|^\n|\{\{|\{%|undefined|\[object|&amp;|<p/);
      const received = await overTheWire(rendered);
      expect(received.subject).toBe(rendered.subject);
      expect(received.bcc).toBeUndefined();
      for (const part of [received.html!, received.text!]) {
        expect(part.includes('123456')).toBe(isRequest(template));
        const link =
          message.link && (part === received.html ? message.link.replaceAll('&', '&amp;') : message.link);
        if (link) expect(part).toContain(link);
      }
      if (template === 'account-exists') expect(received.text).toContain(message.redirectTo);
    },
  );

  test('are the same mails in other words', async () => {
    const renderer = createTestRenderer();
    const subjects = await Promise.all(
      ALL.map(async (template) => (await renderer.renderMail(queued(mail(template, { locale })))).subject),
    );
    const english = await Promise.all(
      ALL.map(async (template) => (await renderer.renderMail(queued(mail(template)))).subject),
    );
    expect(new Set(subjects).size).toBe(ALL.length);
    expect(subjects.filter((subject) => english.includes(subject))).toHaveLength(
      locale === 'en' ? ALL.length : 0,
    );
  });
});

describe('the language of a mail', () => {
  test.each([
    ['de', 'de'],
    ['de-AT', 'de'],
    ['de_CH', 'de'],
    ['DE', 'de'],
    ['de-Latn-DE-x-one', 'de'],
    ['en-GB', 'en'],
    ['fr', 'en'],
    [null, 'en'],
    ['', 'en'],
    ['../../etc', 'en'],
    ['d', 'en'],
  ])('is for %j %s', async (locale, language) => {
    expect((await createTestRenderer().renderMail(queued(mail('invite', { locale })))).language).toBe(
      language,
    );
  });
});

describe('templates of the operator', () => {
  test('stand in for ours, part by part and language by language; what is missing stays built in', async () => {
    const renderer = await rendererWith({
      'invite.html': '<p lang="{{ Language }}">Come in, {{ Email }}: {{ ConfirmationURL }}</p>',
      'invite.subject.txt': 'Come\nin',
      'de/invite.subject.txt': 'Herein',
      'fr/recovery.txt': 'Voici: {{ ConfirmationURL }}',
      'layout.txt': '[{{ Heading }}] {{ Token }}',
      'phone-code.txt': 'Code {{ Token }}',
      'README.md': 'not a template',
    });
    const english = await renderer.renderMail(queued(mail('invite')));
    expect(english).toMatchObject({ subject: 'Come in', text: '[You are invited] 123456' });
    expect(english.html).toContain(
      'Come in, ada@example.com: https://id.example.com/auth/v1/verify?token=a-token&amp;',
    );
    const german = await renderer.renderMail(queued(mail('invite', { locale: 'de-DE' })));
    expect(german).toMatchObject({ subject: 'Herein', text: '[Sie sind eingeladen] 123456' });
    expect(german.html).toContain('<p lang="de">Come in');
    const french = await renderer.renderMail(queued(mail('recovery', { locale: 'fr-CA' })));
    expect(french).toMatchObject({ language: 'fr', text: expect.stringContaining('Voici: https://id') });
    expect((await renderer.renderMail(queued(mail('invite', { locale: 'fr' })))).language).toBe('en');
    const sms = {
      channel: 'sms',
      template: 'phone-code',
      to: '49170',
      userId: 'x',
      locale: null,
      code: '9',
    } as const;
    expect(await renderer.renderText(queued(sms))).toBe('Code 9');
  });

  test('may be Supabase’s as they are, by its names and in its language', async () => {
    const renderer = await rendererWith(
      {
        'confirmation.html': `<h2>Confirm</h2>
{{/* a comment
over two lines */}}
{{ if .Data.full_name }}<p>Hi {{ .Data.full_name }}</p>{{ else }}<p>Hi</p>{{ end }}
{{- if eq .Data.plan "pro" }}<p>Pro</p>{{ else if and .Data.beta (ne .Data.plan "free") }}<p>Beta</p>{{ end }}
{{ if not .Data.missing }}{{ index .Data "team name" }}{{ end }}{{ or .Data.nick "friend" }}
<a href="{{ .SiteURL }}/confirm?token_hash={{ .TokenHash }}&type=email&next={{ .RedirectTo | urlquery }}">Go</a>
<a href="{{ .ConfirmationURL }}">Confirm</a><code>{{.Token}}</code> {{ .Email }}`,
        'email_change.html': '{{ .Email }} to {{ .NewEmail }} for {{ .SendingTo }}',
        'email-change-new.html': 'new: {{ .NewEmail }}',
        'password_changed_notification.html': 'changed for {{ .Email }}',
      },
      { full_name: '<b>Ada</b>', beta: true, 'team name': 'Red & Blue', plan: 'other' },
    );
    const { html, subject } = await renderer.renderMail(queued(mail('confirm-signup')));
    expect(subject).toBe('Confirm your e-mail address for Example');
    expect(html).toContain('<p>Hi &lt;b&gt;Ada&lt;/b&gt;</p><p>Beta</p>');
    expect(html).toContain('Red &amp; Bluefriend');
    expect(html).toContain(
      'https://app.example.com/confirm?token_hash=a-token&type=email&next=https%3A%2F%2Fapp.example.com%2Fwelcome',
    );
    expect(html).toContain('<code>123456</code> ada@example.com');
    const data = { oldEmail: 'old@example.com', newEmail: 'new@example.com' };
    const change = (template: MailTemplate, to: string) =>
      renderer.renderMail(queued(mail(template, { to, data })));
    expect(await change('email-change-current', 'old@example.com')).toMatchObject({
      html: 'old@example.com to new@example.com for old@example.com',
    });
    expect(await change('email-change-new', 'new@example.com')).toMatchObject({
      html: 'new: new@example.com',
    });
    expect(await renderer.renderMail(queued(mail('password-changed')))).toMatchObject({
      html: 'changed for ada@example.com',
    });
  });

  test('fill in what people wrote as text, and make no second line of a subject', async () => {
    const renderer = await rendererWith(
      {
        'invite.html': '{{ Data.name }}|{{ Data.name | escape }}|{{ .Data.name }}|{{ Data.nested }}',
        'invite.subject.txt': 'For {{ Data.name }}',
      },
      { name: HOSTILE, nested: { html: '<i>' } },
    );
    const rendered = await renderer.renderMail(queued(mail('invite')));
    expect(rendered.html).not.toMatch(/<(img|i)\b/);
    expect(rendered.html.split('|')[1]).toBe(rendered.html.split('|')[0]);
    const received = await overTheWire(rendered);
    expect(received.subject).toBe(`For <img src=x onerror=alert(1)>"'& Bcc: eve@example.com`);
    expect(received.bcc).toBeUndefined();
  });

  test.each([
    ['invite.html', 'a\nb {{ ConfirmURL }}', 'invite.html:2: `ConfirmURL` is nothing to fill in'],
    ['invite.html', '{{ .ConfirmURL }}', 'invite.html:1: `ConfirmURL` is nothing to fill in'],
    ['invite.html', '\n\n{% if Token %}', 'invite.html:3: tag {% if Token %} not closed'],
    ['invite.html', '\n{{ if .Token }}x', 'invite.html:2: `if` has no `end`'],
    ['invite.html', '{{ end }}', 'invite.html:1: `end` has nothing to end'],
    ['de/invite.txt', 'x\n{{ range .Data }}', 'de/invite.txt:2: `range .Data`'],
    ['invite.html', '{{ .Token | printf "%s" }}', 'invite.html:1: `printf "%s"`'],
    ['invite.html', '{{ Data.name | raw }}', 'invite.html:1: undefined filter: raw'],
    ['invite.html', '{% include "x" %}', 'invite.html:1: tag "include" not found'],
    ['invite.html', '{{ Token', 'invite.html:1: output "{{ Token" not closed'],
    ['invitation.html', 'x', 'invitation.html: there is no mail of this name'],
    ['phone-code.html', 'x', 'phone-code.html: there is no mail of this name'],
    ['templates!/invite.html', 'x', 'templates!/: no language (BCP 47) has this name'],
  ])('are refused at the start by file and line: %s %j', async (file, text, problem) => {
    expect(await problemsOf({ [file]: text })).toContain(problem);
  });

  test('are refused all together, and where there is no folder', async () => {
    const problems = await problemsOf({ 'invite.html': '{{ A }}', 'recovery.txt': '{{ B }}' });
    expect(problems).toMatch(/`A`[\s\S]*`B`/);
    await expect(readTemplateFolder('/nowhere/at/all')).rejects.toThrow('cannot be read (ENOENT)');
  });
});
