/**
 * The operator's own templates: `<name>.html`, `<name>.txt` and `<name>.subject.txt`, in a folder, for one language in a folder beneath named
 * for it (`de`). What is not there stays as it is built in.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type MailTemplate, NOTICE_TEMPLATES, REQUEST_TEMPLATES } from '../message.ts';
import { type ParsedTemplate, parseTemplate, TemplateError } from './engine.ts';
import { canonical } from './language.ts';
import { LAYOUT_VARIABLES, VARIABLES } from './variables.ts';

export type Part = 'html' | 'text' | 'subject';
export type TemplateName = MailTemplate | 'phone-code' | 'layout';

/** The templates of one folder. */
export type TemplateSet = ReadonlyMap<`${TemplateName}.${Part}`, ParsedTemplate>;

export interface TemplateFolder {
  /** For those for whom there is nothing in their language. */
  readonly anyLanguage: TemplateSet;
  readonly byLanguage: ReadonlyMap<string, TemplateSet>;
}

/** Templates that cannot be used. Found at the start, not when somebody waits for a mail. */
export class MailTemplatesError extends Error {
  override readonly name = 'MailTemplatesError';

  constructor(problems: readonly string[]) {
    super(`MAIL_TEMPLATES cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

const MAIL_NAMES: readonly string[] = [...REQUEST_TEMPLATES, ...NOTICE_TEMPLATES];

/** Supabase's names for the same mails, with `-` for `_`. */
const SUPABASE_NAMES: Record<string, readonly MailTemplate[]> = {
  confirmation: ['confirm-signup'],
  'email-change': ['email-change-current', 'email-change-new'],
  'mfa-factor-enrolled': ['factor-added'],
  'mfa-factor-unenrolled': ['factor-removed'],
};

const FILE = /^(.+?)(\.subject\.txt|\.html|\.txt)$/;
const PARTS: Record<string, Part> = { '.html': 'html', '.txt': 'text', '.subject.txt': 'subject' };

/** @throws {MailTemplatesError} with all problems @throws the system's error where the folder cannot be read */
export async function readTemplateFolder(folder: string): Promise<TemplateFolder> {
  const problems: string[] = [];
  const anyLanguage = await readSet(folder, '', problems);
  const byLanguage = new Map<string, TemplateSet>();
  for (const entry of await entriesOf(folder)) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const language = canonical(entry.name);
    if (language) byLanguage.set(language, await readSet(folder, `${entry.name}/`, problems));
    else problems.push(`${entry.name}/: no language (BCP 47) has this name`);
  }
  if (problems.length > 0) throw new MailTemplatesError(problems);
  return { anyLanguage, byLanguage };
}

async function readSet(folder: string, below: string, problems: string[]): Promise<TemplateSet> {
  const set = new Map<`${TemplateName}.${Part}`, ParsedTemplate>();
  const files = (await entriesOf(join(folder, below))).filter((entry) => !entry.isDirectory());
  const own = (file: string) =>
    nameOf(FILE.exec(file)?.[1] ?? '').length === 1 && MAIL_NAMES.includes(file.replace(FILE, '$1'));
  // Ours last, so that `email-change-new` stands above `email-change`.
  for (const { name: file } of files.sort((a, b) => Number(own(a.name)) - Number(own(b.name)))) {
    const [, base = '', ending = ''] = FILE.exec(file) ?? [];
    const part = PARTS[ending];
    if (!part) continue;
    const names = nameOf(base);
    if (names.length === 0 || !isPartOf(names[0]!, part)) {
      problems.push(`${below}${file}: there is no mail of this name`);
      continue;
    }
    try {
      const source = (await readFile(join(folder, below, file), 'utf8')).replace(/^\uFEFF/, '');
      const parsed = parseTemplate(source, part === 'html' ? 'html' : 'text', variablesFor(names[0]!));
      parsed.render(SAMPLE);
      for (const name of names) set.set(`${name}.${part}`, parsed);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      problems.push(`${below}${file}${error.line ? `:${error.line}` : ''}: ${error.message}`);
    }
  }
  return set;
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw new MailTemplatesError([`the folder cannot be read (${(error as NodeJS.ErrnoException).code})`]);
  }
}

/** Which mails a file is for, by our name or Supabase's; none where nobody knows it. */
function nameOf(base: string): readonly TemplateName[] {
  const name = base.replaceAll('_', '-').replace(/-notification$/, '');
  if (name === 'layout' || name === 'phone-code') return [name];
  return MAIL_NAMES.includes(name) ? [name as MailTemplate] : (SUPABASE_NAMES[name] ?? []);
}

function isPartOf(name: TemplateName, part: Part): boolean {
  if (name === 'phone-code') return part === 'text';
  return name !== 'layout' || part !== 'subject';
}

const variablesFor = (name: TemplateName) =>
  name === 'layout' ? [...VARIABLES, ...LAYOUT_VARIABLES] : VARIABLES;

/** Each variable filled, so that each filter is tried. */
const SAMPLE = {
  ...Object.fromEntries([...VARIABLES, ...LAYOUT_VARIABLES].map((name) => [name, 'sample'])),
  Data: {},
  Lines: ['sample'],
};
