/** Liquid, as mails use it: no files, no code, and in HTML nothing is filled in as it is. */
import { Liquid, LiquidError, type Template } from 'liquidjs';
import { GoTemplateError, liquidFromGo } from './go-template.ts';

export type Kind = 'html' | 'text';

export interface ParsedTemplate {
  readonly kind: Kind;
  readonly usesData: boolean;
  /** @throws what a filter makes of unforeseen values */
  render(variables: object): string;
}

/** A template that cannot be used, with the line where that shows; 0: nowhere in particular. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

const HTML_ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

const escapeHtml = (value: unknown): string =>
  textOf(value).replace(/[&<>"']/g, (character) => HTML_ENTITIES[character]!);

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' && !Array.isArray(value) ? JSON.stringify(value) : String(value);
}

const MOST_WORK = 200_000;
const MOST_MEMORY = 5_000_000;

function createEngine(kind: Kind): Liquid {
  const engine = new Liquid({
    strictFilters: true,
    // As in Go's templates, and as anybody expects of what may be absent: an empty text is no.
    jsTruthy: true,
    ownPropertyOnly: true,
    // In place of the file system.
    templates: {},
    renderLimit: MOST_WORK,
    memoryLimit: MOST_MEMORY,
    ...(kind === 'html' && { outputEscape: escapeHtml }),
  });
  // It would let through what strangers write.
  delete engine.filters.raw;
  if (kind === 'html') {
    for (const name of ['escape', 'escape_once', 'xml_escape']) engine.registerFilter(name, textOf);
  }
  for (const tag of ['include', 'render', 'layout', 'block']) delete engine.tags[tag];
  return engine;
}

const engines: Record<Kind, Liquid> = { html: createEngine('html'), text: createEngine('text') };

/** @param known what may be filled in @throws {TemplateError} */
export function parseTemplate(source: string, kind: Kind, known: readonly string[]): ParsedTemplate {
  const engine = engines[kind];
  const parsed = located(() => engine.parse(liquidFromGo(source)));
  const used = located(() => engine.analyzeSync(parsed, { partials: false }).globals);
  for (const [name, places] of Object.entries(used)) {
    if (known.includes(name)) continue;
    throw new TemplateError(`\`${name}\` is nothing to fill in`, places[0]?.location.row ?? 0);
  }
  return { kind, usesData: 'Data' in used, render: (variables) => render(engine, parsed, variables) };
}

function render(engine: Liquid, parsed: Template[], variables: object): string {
  return located(() => String(engine.renderSync(parsed, variables)));
}

/** The library's messages say place and text of the template; here the place is kept, and the first words. */
function located<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof GoTemplateError) throw new TemplateError(error.message, error.line);
    if (!LiquidError.is(error)) throw error;
    const [line = 0] = error.token?.getPosition() ?? [];
    throw new TemplateError(error.message.replace(/, (file|line):.*$/s, ''), line);
  }
}
